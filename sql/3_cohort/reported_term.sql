-- Kind: table
-- Title: Terms of a report that count for events: those with a verdict by the indication rule, others as reported
-- Grain: (quarter_no, primaryid, term)
-- Reads: cohort.outcome_verdict, staged.reac, codelists.term, cohort.event_member
-- Source: docs/cohort.md, "Indication rule"; a marker that is no event otherwise (a mass, a biopsy) has no verdict
with other_term as (
    select distinct event_term.term
    from cohort.event_member as event_term
    anti join codelists.term as term
        on
            event_term.term = term.term
            and term.event_list is not null
)

select
    verdict.quarter_no,
    verdict.primaryid,
    verdict.term
from cohort.outcome_verdict as verdict
where verdict.is_included
union all
select distinct
    reac.quarter_no,
    reac.primaryid,
    reac.pt_term as term
from staged.reac as reac
inner join other_term
    on reac.pt_term = other_term.term
