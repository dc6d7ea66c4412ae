-- Kind: table
-- Title: The reports behind each a of comparator A, with the terms that make the event
-- Grain: (drug, event, caseid)
-- Reads: counts.review_member, codelists.event_term, counts.review_event
-- Source: api.pair_cases. Reports of B and C are reports of A too (check listing_equals_cell). Terms of a user's own
--   MedDRA are not published: all neoplasms of the report stand for them.
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

listed_event as (
    select
        review_event.caseid,
        review_event.term,
        review_event.event_class,
        review_event.is_treated_event
    from counts.review_event as review_event
    semi join listed
        on review_event.caseid = listed.caseid
    -- A marker that is no neoplasm has no verdict.
    where review_event.included is not false
),

term as (
    select
        listed.event,
        listed.caseid,
        listed_event.term,
        listed_event.is_treated_event
    from listed
    inner join codelists.event_term as event_term
        on listed.event = event_term.event
    inner join listed_event
        on
            listed.caseid = listed_event.caseid
            and event_term.term = listed_event.term
    union all
    select
        listed.event,
        listed.caseid,
        listed_event.term,
        listed_event.is_treated_event
    from listed
    inner join listed_event
        on listed.caseid = listed_event.caseid
    where
        listed_event.event_class = 'neoplasm'
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
    member.drug,
    member.event,
    member.caseid,
    member.drug_level,
    member.event_level,
    member.in_b,
    member.in_c,
    reported.neoplasm_terms,
    coalesce(reported.is_treated_event, false) as is_treated_event
from member
left join reported
    on
        member.event = reported.event
        and member.caseid = reported.caseid
