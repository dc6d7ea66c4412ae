-- Kind: view
-- Title: Control pairs in each comparator: what they show and whether they are used, primary variant
-- Grain: (comparator, control_type, drug, event_level, event)
-- Reads: signals.control
-- Source: docs/statistics.md, "Controls". Every row of the code list is here; one without a 2x2 table says why
-- Columns:
--   comparator: A whole database, B reports of people with the disease, C active comparator (the reference class)
--   control_type: negative (no plausible link) or positive (a known one)
--   drug: ingredient in lower case
--   event_level: pt, group or supergroup
--   event: name of the event, as in api.signals
--   as_of: quarter up to which evidence counts
--   label_date: date from which the link is known, as text; may be a year or a month, NULL for negative controls
--   reason: why the pair is a control
--   certainty: high, medium or low
--   a: reports with drug and event; NULL, as what follows, where the pair has no 2x2 table
--   b: reports with the drug without the event
--   c: reports with the event without the drug
--   d: reports with neither
--   expected: n_drug * n_event / n
--   ror: reporting odds ratio
--   ror_low: lower 95 % limit of ror
--   ror_high: upper 95 % limit of ror
--   is_exact: limits from the exact conditional interval because a cell is 0
--   sdr_ror: a >= 3 and ror_low > 1
--   sdr_ic: ic025 > 0, which no pair with a < 3 reaches
--   evaluable: the pair could be judged at all, as in api.signals
--   is_judged: expects at least 1 report, no drug of lawsuits: counts in the shares of api.control_performance
--   is_used: a negative control that the empirical null is fitted to
--   why_not_used: why the pair has no table, or can be in no null; NULL for a pair that could be
select
    control.comparator,
    control.control_type,
    control.drug,
    control.event_level,
    control.event,
    control.quarter as as_of,
    control.label_date,
    control.reason,
    control.certainty,
    control.a,
    control.b,
    control.c,
    control.d,
    control.expected,
    control.ror,
    control.ror_low,
    control.ror_high,
    control.is_exact,
    control.sdr_ror,
    control.sdr_ic,
    control.evaluable,
    control.is_judged,
    control.is_used,
    control.why_not_used
from signals.control as control
