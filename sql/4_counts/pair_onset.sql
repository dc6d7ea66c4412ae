-- Kind: table
-- Title: Days from the first start of a drug to the event, of each report behind a, as the span that dates allow
-- Grain: (drug, event_level, event, caseid); comparator A, latest quarter
-- Reads: counts.onset_span
-- Source: docs/statistics.md, "Time to onset"
select
    span.drug_level,
    span.drug,
    span.event_level,
    span.event,
    span.caseid,
    span.low_days,
    span.high_days
from counts.onset_span as span
where span.known_until is null
