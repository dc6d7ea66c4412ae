-- Kind: view
-- Title: Decisions of people on signals, and what has become of each at this run
-- Grain: seq
-- Reads: signals.review
-- Source: docs/signals.md, "Ledger and reviews"
-- Columns:
--   seq: place of the decision in api.ledger
--   drug: substance or class
--   event: event
--   decision: close, monitor, validate, escalate or refute
--   reason: why, in the words of the person
--   decided_by: name of the person
--   decided_on: day of the decision, as the person gave it
--   as_of: quarter of the published run that the decision rests on
--   a_then: reports with drug and event in A at the decision
--   state_then: state of the pair at the decision
--   status: standing, reopened (evidence has grown since), or superseded by a later decision on the pair
--   why_reopened: what has grown, or the quarter of a later first crossing, NULL unless reopened
select
    review.seq,
    review.drug,
    review.event,
    review.decision,
    review.reason,
    review.decided_by,
    cast(review.decided_on as date) as decided_on,
    review.as_of,
    review.a_then,
    review.state_then,
    review.status,
    review.why_reopened
from signals.review as review
