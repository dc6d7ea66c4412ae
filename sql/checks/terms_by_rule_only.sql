-- Severity: note
-- Title: neoplasm terms that no list holds and a rule classified; see api.review_terms
select
    term.term,
    term.group_id,
    term.behaviour,
    term.rule
from codelists.term as term
where
    term.event_class = 'neoplasm'
    and not term.listed
    and exists (
        select 1
        from cohort.outcome_verdict as verdict
        where verdict.term = term.term
    )
