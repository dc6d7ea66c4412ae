-- Kind: macro(p_drug, p_event, p_comparator := 'A')
-- Title: The 2x2 table of a pair in a comparator with its statistics, primary variant
-- Grain: one row a matching pair
-- Reads: api.signals
-- Columns:
--   comparator: A, B or C
--   drug: drug
--   event: event
--   a: drug and event
--   b: drug without event
--   c: event without drug
--   d: neither
--   expected: expected count
--   prr: proportional reporting ratio
--   ror: reporting odds ratio
--   ror_low: lower 95 % limit
--   ror_high: upper 95 % limit
--   chi2_yates: chi-squared with Yates' correction
--   evaluable: the pair could be judged
select
    signals.comparator,
    signals.drug,
    signals.event,
    signals.a,
    signals.b,
    signals.c,
    signals.d,
    signals.expected,
    signals.prr,
    signals.ror,
    signals.ror_low,
    signals.ror_high,
    signals.chi2_yates,
    signals.evaluable
from api.signals as signals
where
    signals.variant = 'primary'
    and signals.drug = p_drug
    and signals.event = p_event
    and signals.comparator = p_comparator
