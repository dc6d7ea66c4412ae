-- Kind: table
-- Title: Drugs given for the very event that is reported, and whether that makes it no new event
-- Grain: (quarter_no, primaryid, term, drug_seq)
-- Reads: cohort.event_reaction, cohort.event_record, cohort.indication
-- Source: docs/cohort.md, "Indication rule" (i). "Before" must be certain: the last day that the start can mean
--   lies before the first day that the event can mean; without an event date, before the earliest dated
--   start of the suspects without that indication. Where the rule of the events is primary_suspect, only what
--   the primary suspect was given for counts; where it is off, nothing does.
with matching as (
    select distinct
        reaction.quarter_no,
        reaction.primaryid,
        reaction.term,
        reaction.event_first_day,
        reaction.indication_rule,
        indication.drug_seq
    from cohort.event_reaction as reaction
    inner join cohort.indication as indication
        on
            reaction.quarter_no = indication.quarter_no
            and reaction.primaryid = indication.primaryid
    where
        reaction.term = indication.term
        or reaction.group_id = indication.group_id
),

other_suspect as (
    select
        reaction.quarter_no,
        reaction.primaryid,
        reaction.term,
        min(record.start_first_day) as earliest_other_start
    from cohort.event_reaction as reaction
    inner join cohort.event_record as record
        on
            reaction.quarter_no = record.quarter_no
            and reaction.primaryid = record.primaryid
    anti join matching
        on
            reaction.quarter_no = matching.quarter_no
            and reaction.primaryid = matching.primaryid
            and reaction.term = matching.term
            and record.drug_seq = matching.drug_seq
    where record.is_suspect
    group by reaction.quarter_no, reaction.primaryid, reaction.term
)

select
    matching.quarter_no,
    matching.primaryid,
    matching.term,
    matching.drug_seq,
    (record.is_primary_suspect and matching.indication_rule <> 'off')
    or (
        matching.indication_rule = 'full'
        and coalesce(
            record.start_known_by < coalesce(matching.event_first_day, other_suspect.earliest_other_start),
            false
        )
    ) as is_earlier_disease
from matching
inner join cohort.event_record as record
    on
        matching.quarter_no = record.quarter_no
        and matching.primaryid = record.primaryid
        and matching.drug_seq = record.drug_seq
left join other_suspect
    on
        matching.quarter_no = other_suspect.quarter_no
        and matching.primaryid = other_suspect.primaryid
        and matching.term = other_suspect.term
