-- Kind: view
-- Title: The reports behind every a in comparator A of the primary variant, one line a pair and case
-- Grain: (drug, event, caseid); a report stands in the lists of many pairs
-- Reads: counts.review_member, codelists.event_term, api.cases, api.case_events, counts.review_line
-- Columns:
--   drug_level: substance or class
--   drug: ingredient in lower case, or class:<id>
--   event_level: level of the event, as in api.signals
--   event: name of the event
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
        review_member.drug_level,
        review_member.drug,
        review_member.event_level,
        review_member.event,
        review_member.caseid,
        bool_or(review_member.comparator = 'B') as in_b,
        bool_or(review_member.comparator = 'C') as in_c
    from counts.review_member as review_member
    group by
        review_member.drug_level,
        review_member.drug,
        review_member.event_level,
        review_member.event,
        review_member.caseid
),

listed as (
    select distinct
        review_member.event,
        review_member.caseid
    from counts.review_member as review_member
),

term as (
    select
        listed.event,
        listed.caseid,
        case_events.term,
        case_events.is_treated_event
    from listed
    inner join codelists.event_term as event_term
        on listed.event = event_term.event
    inner join api.case_events as case_events
        on
            listed.caseid = case_events.caseid
            and event_term.term = case_events.term
    -- A marker that is no neoplasm has no verdict.
    where case_events.included is not false
    union all
    -- Terms of a user's own MedDRA are not published: all neoplasms of the report stand for them.
    select
        listed.event,
        listed.caseid,
        case_events.term,
        case_events.is_treated_event
    from listed
    inner join api.case_events as case_events
        on listed.caseid = case_events.caseid
    where
        case_events.included is not false
        and case_events.event_class = 'neoplasm'
        and not exists (
            select 1
            from codelists.event_term as event_term
            where event_term.event = listed.event
        )
),

reported as (
    select
        term.event,
        term.caseid,
        string_agg(distinct term.term, ', ' order by term.term asc) as neoplasm_terms,
        bool_or(term.is_treated_event) as is_treated_event
    from term
    group by term.event, term.caseid
)

select
    member.drug_level,
    member.drug,
    member.event_level,
    member.event,
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
    line.ms_therapies,
    line.therapy_sequence,
    line.other_suspects,
    member.in_b,
    member.in_c,
    cases.duplicate_cluster,
    cases.duplicate_cluster_size,
    coalesce(reported.is_treated_event, false) as is_treated_event
from member
inner join api.cases as cases
    on member.caseid = cases.caseid
left join reported
    on
        member.event = reported.event
        and member.caseid = reported.caseid
left join counts.review_line as line
    on member.caseid = line.caseid
