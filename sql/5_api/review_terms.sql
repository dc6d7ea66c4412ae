-- Kind: view
-- Title: Terms that no list holds and that look like a neoplasm, with what a rule made of them; for review
-- Grain: term
-- Reads: counts.review_term
-- Columns:
--   term: preferred term as compared
--   event_class: neoplasm, not_event, or NULL where a neoplasm word stands in it and no rule knows its group
--   not_event_reason: why a neoplasm-looking term is no event
--   group_id: neoplasm group by rule
--   behaviour: malignant, in_situ_premalignant, uncertain or benign, by rule
--   is_secondary: metastasis, recurrence or progression term, by rule
--   is_incident: counts as incident malignancy, by rule
--   rule: what decided: override, negative:<reason>, group:<group_id>, or no group
--   first_quarter: first held quarter in which it is reported
--   n_reports: reports with it at as_of
--   n_with_ms_therapy: of these with a therapy of the list, by the product rule and in any role
select
    review_term.term,
    review_term.event_class,
    review_term.not_event_reason,
    review_term.group_id,
    review_term.behaviour,
    review_term.is_secondary,
    review_term.is_incident,
    review_term.rule,
    review_term.first_quarter,
    review_term.n_reports,
    review_term.n_with_ms_therapy
from counts.review_term as review_term
