-- Kind: table
-- Title: Reactions of the review set with the code list's view and the indication rule's verdict
-- Grain: (caseid, line): a REAC row
-- Reads: counts.review_report, staged.reac, codelists.term, cohort.outcome_verdict
select
    review.caseid,
    reac.primaryid,
    review.quarter_no,
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
from counts.review_report as review
inner join staged.reac as reac
    on
        review.quarter_no = reac.quarter_no
        and review.primaryid = reac.primaryid
left join codelists.term as term
    on reac.pt_term = term.term
left join cohort.outcome_verdict as verdict
    on
        reac.quarter_no = verdict.quarter_no
        and reac.primaryid = verdict.primaryid
        and reac.pt_term = verdict.term
