-- Kind: table
-- Title: Terms of events as reported, with the use that the indication rule leaves them
-- Grain: (quarter_no, primaryid, term)
-- Reads: cohort.outcome_verdict, staged.reac, codelists.term, cohort.event_member
-- Source: docs/cohort.md, "Indication rule"; a marker that is no event otherwise (a mass, a biopsy) has no verdict.
--   event_use: counted; treated (counts, but a drug of the report is given for it); left_out
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
    verdict.term,
    case
        when not verdict.is_included then 'left_out'
        when verdict.is_treated_event then 'treated'
        else 'counted'
    end as event_use
from cohort.outcome_verdict as verdict
union all
select distinct
    reac.quarter_no,
    reac.primaryid,
    reac.pt_term as term,
    'counted' as event_use
from staged.reac as reac
inner join other_term
    on reac.pt_term = other_term.term
