-- Kind: table
-- Title: Is a reported term an event? One verdict per report and term, whatever drug is scored
-- Grain: (quarter_no, primaryid, term)
-- Reads: cohort.event_reaction, cohort.event_record, cohort.same_indication
-- Source: docs/cohort.md, "Indication rule" (i) to (iii); treatment of a cancer says nothing of other events
with earlier_disease as (
    select
        same_indication.quarter_no,
        same_indication.primaryid,
        same_indication.term,
        bool_or(same_indication.is_earlier_disease) as is_earlier_disease
    from cohort.same_indication as same_indication
    group by same_indication.quarter_no, same_indication.primaryid, same_indication.term
),

report_date as (
    select
        reaction.quarter_no,
        reaction.primaryid,
        max(reaction.event_first_day) as event_first_day
    from cohort.event_reaction as reaction
    group by reaction.quarter_no, reaction.primaryid
),

other_start as (
    select
        record.quarter_no,
        record.primaryid,
        min(record.start_first_day) as earliest_other_start
    from cohort.event_record as record
    where
        record.is_suspect
        and not record.has_oncology_indication
    group by record.quarter_no, record.primaryid
),

treated as (
    select
        record.quarter_no,
        record.primaryid
    from cohort.event_record as record
    inner join report_date
        on
            record.quarter_no = report_date.quarter_no
            and record.primaryid = report_date.primaryid
    left join other_start
        on
            record.quarter_no = other_start.quarter_no
            and record.primaryid = other_start.primaryid
    where record.is_suspect
    group by record.quarter_no, record.primaryid
    having
        bool_or(
            record.is_antineoplastic
            and record.has_oncology_indication
            and (
                record.is_primary_suspect
                or coalesce(
                    record.start_known_by
                    < coalesce(report_date.event_first_day, other_start.earliest_other_start),
                    false
                )
            )
        )
        and bool_and(
            record.has_ms_indication
            or (record.is_antineoplastic and record.has_oncology_indication)
        )
),

recurrent as (
    select distinct
        reaction.quarter_no,
        reaction.primaryid,
        reaction.group_id
    from cohort.event_reaction as reaction
    where reaction.is_recurrence
),

judged as (
    select
        reaction.quarter_no,
        reaction.primaryid,
        reaction.term,
        reaction.group_id,
        reaction.is_secondary,
        reaction.is_incident,
        reaction.event_list,
        earlier_disease.term is not null as has_same_indication,
        case
            when earlier_disease.is_earlier_disease then 'indication'
            when
                treated.primaryid is not null
                and reaction.indication_rule = 'full'
                and reaction.event_list = 'neoplasms'
                then 'antineoplastic_treatment'
            when
                recurrent.primaryid is not null
                and reaction.indication_rule = 'full'
                and reaction.is_incident
                then 'recurrence'
        end as reason
    from cohort.event_reaction as reaction
    left join earlier_disease
        on
            reaction.quarter_no = earlier_disease.quarter_no
            and reaction.primaryid = earlier_disease.primaryid
            and reaction.term = earlier_disease.term
    left join treated
        on
            reaction.quarter_no = treated.quarter_no
            and reaction.primaryid = treated.primaryid
    left join recurrent
        on
            reaction.quarter_no = recurrent.quarter_no
            and reaction.primaryid = recurrent.primaryid
            and reaction.group_id = recurrent.group_id
)

select
    quarter_no,
    primaryid,
    term,
    group_id,
    is_secondary,
    is_incident,
    event_list,
    reason,
    reason is null as is_included,
    reason is null and has_same_indication as is_treated_event
from judged
