-- Kind: view
-- Title: Reactions of the review set
-- Grain: (caseid, line)
-- Reads: counts.review_event
-- Columns:
--   caseid: case number
--   primaryid: version
--   line: line of the REAC file
--   pt: preferred term as printed
--   term: preferred term as compared
--   event_class: neoplasm, event (of a further list), not_event (false friends, markers, procedures) or NULL
--   not_event_reason: why a term that looks like an event is none
--   group_id: group of the term
--   behaviour: malignant, in_situ_premalignant, uncertain or benign; NULL but for neoplasms
--   is_secondary: metastasis, recurrence or progression term
--   is_incident: counts as incident malignancy
--   matched_rule: list or rule that decided
--   included: the term counts as an event after the indication rule
--   reason: why it does not: indication, antineoplastic_treatment or recurrence
--   is_treated_event: kept although a drug of the report is given for the same term or group
select
    review_event.caseid,
    review_event.primaryid,
    review_event.line,
    review_event.pt,
    review_event.term,
    review_event.event_class,
    review_event.not_event_reason,
    review_event.group_id,
    review_event.behaviour,
    review_event.is_secondary,
    review_event.is_incident,
    review_event.matched_rule,
    review_event.included,
    review_event.reason,
    review_event.is_treated_event
from counts.review_event as review_event
