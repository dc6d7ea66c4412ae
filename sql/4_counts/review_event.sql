-- Kind: table
-- Title: Reactions of the review set with the code list's view and the indication rule's verdict
-- Grain: (caseid, line): a REAC row
-- Reads: counts.review_report, staged.reac, codelists.term, cohort.outcome_verdict
-- The few reactions of the review set first: else all are held against the verdicts.
with reaction as materialized (
    select
        review.caseid,
        reac.primaryid,
        reac.quarter_no,
        reac.line,
        reac.pt,
        reac.pt_term
    from staged.reac as reac
    inner join counts.review_report as review
        on
            reac.quarter_no = review.quarter_no
            and reac.primaryid = review.primaryid
)

select
    reac.caseid,
    reac.primaryid,
    reac.quarter_no,
    reac.line,
    reac.pt,
    reac.pt_term as term,
    term.event_class,
    term.not_event_reason,
    term.group_id,
    term.behaviour,
    term.is_secondary,
    term.is_incident,
    term.rule as matched_rule,
    verdict.is_included as included,
    verdict.reason,
    coalesce(verdict.is_treated_event, false) as is_treated_event
from reaction as reac
left join codelists.term as term
    on reac.pt_term = term.term
left join cohort.outcome_verdict as verdict
    on
        reac.quarter_no = verdict.quarter_no
        and reac.primaryid = verdict.primaryid
        and reac.pt_term = verdict.term
