-- Kind: macro(p_drug, p_event)
-- Title: The reports behind a in comparator A, one line a case
-- Grain: caseid
-- Reads: counts.review_member, codelists.event_term, api.cases, api.case_drugs, api.case_events,
--   api.exposure_windows
-- Columns:
--   caseid: case number
--   primaryid: version
--   quarter: quarter of the version
--   received_date: first receipt
--   event_date: onset, first day of the stated period
--   event_date_precision: day, month or year
--   age_years: age
--   sex: sex
--   country: country
--   reporter: reporter
--   is_serious: serious
--   is_fatal: fatal
--   neoplasm_terms: terms of the event that count; of a MedDRA event, whose terms are not published, all neoplasm terms
--   ms_therapies: admitted therapies of the list with role
--   therapy_sequence: dated therapies of the list in any role by their start, each with its relation to the event
--   other_suspects: all other suspects; a therapy that does not count with its product status
--   in_b: the report counts in comparator B
--   in_c: the report counts in comparator C
--   duplicate_cluster: smallest case number of its cluster of suspected duplicates, NULL without a link
--   duplicate_cluster_size: cases of that cluster; the others are left out
--   is_treated_event: a drug of the report is given for this term or group
with member as (
    select
        review_member.caseid,
        bool_or(review_member.comparator = 'B') as in_b,
        bool_or(review_member.comparator = 'C') as in_c
    from counts.review_member as review_member
    where
        review_member.drug = p_drug
        and review_member.event = p_event
    group by review_member.caseid
),

wanted_term as (
    select event_term.term
    from codelists.event_term as event_term
    where event_term.event = p_event
),

reported as (
    select
        case_events.caseid,
        string_agg(distinct case_events.term, ', ' order by case_events.term asc) as neoplasm_terms,
        bool_or(case_events.is_treated_event) as is_treated_event
    from api.case_events as case_events
    semi join member
        on case_events.caseid = member.caseid
    left join wanted_term
        on case_events.term = wanted_term.term
    -- A marker that is no neoplasm has no verdict; terms of a user's own MedDRA are not published.
    where
        case_events.included is not false
        and (
            wanted_term.term is not null
            or (
                case_events.event_class = 'neoplasm'
                and (select count(published.term) from wanted_term as published) = 0
            )
        )
    group by case_events.caseid
),

therapy as (
    select
        case_drugs.caseid,
        string_agg(
            distinct case_drugs.therapy || ' (' || case_drugs.role || ')', ', '
            order by case_drugs.therapy || ' (' || case_drugs.role || ')' asc
        ) as ms_therapies
    from api.case_drugs as case_drugs
    semi join member
        on case_drugs.caseid = member.caseid
    where case_drugs.is_admitted
    group by case_drugs.caseid
),

sequence as (
    select
        exposure_windows.caseid,
        string_agg(
            exposure_windows.window_text, ', '
            order by exposure_windows.sequence_no asc
        ) as therapy_sequence
    from api.exposure_windows as exposure_windows
    semi join member
        on exposure_windows.caseid = member.caseid
    where exposure_windows.sequence_no is not null
    group by exposure_windows.caseid
),

suspect as (
    select
        case_drugs.caseid,
        coalesce(case_drugs.prod_ai, case_drugs.drugname)
        || coalesce(' (' || case_drugs.product_status || ')', '') as suspect
    from api.case_drugs as case_drugs
    semi join member
        on case_drugs.caseid = member.caseid
    where
        case_drugs.is_admitted is not true
        and case_drugs.role in ('PS', 'SS')
),

other as (
    select
        suspect.caseid,
        string_agg(distinct suspect.suspect, ', ' order by suspect.suspect asc) as other_suspects
    from suspect
    group by suspect.caseid
)

select
    cases.caseid,
    cases.primaryid,
    cases.quarter,
    cases.received_date,
    cases.event_date,
    cases.event_date_precision,
    cases.age_years,
    cases.sex,
    cases.country,
    cases.reporter,
    cases.is_serious,
    cases.is_fatal,
    reported.neoplasm_terms,
    therapy.ms_therapies,
    sequence.therapy_sequence,
    other.other_suspects,
    member.in_b,
    member.in_c,
    cases.duplicate_cluster,
    cases.duplicate_cluster_size,
    coalesce(reported.is_treated_event, false) as is_treated_event
from member
inner join api.cases as cases
    on member.caseid = cases.caseid
left join reported
    on member.caseid = reported.caseid
left join therapy
    on member.caseid = therapy.caseid
left join sequence
    on member.caseid = sequence.caseid
left join other
    on member.caseid = other.caseid
