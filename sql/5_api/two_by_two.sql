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
--   prr_low: lower 95 % limit of prr
--   prr_high: upper 95 % limit of prr
--   ror: reporting odds ratio
--   ror_low: lower 95 % limit of ror
--   ror_high: upper 95 % limit of ror
--   chi2_yates: chi-squared with Yates' correction
--   ic: information component, log2 scale
--   ic025: lower 95 % limit of ic
--   ic975: upper 95 % limit of ic
--   ebgm: empirical Bayes geometric mean, comparator A only
--   eb05: 5 % quantile
--   eb95: 95 % quantile
--   sdr_screen: the pair is flagged, by ror_low or by ic025
--   evaluable: the pair could be judged
--   detectable_ratio: smallest a / expected that could have been flagged by ic025
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
    signals.prr_low,
    signals.prr_high,
    signals.ror,
    signals.ror_low,
    signals.ror_high,
    signals.chi2_yates,
    signals.ic,
    signals.ic025,
    signals.ic975,
    signals.ebgm,
    signals.eb05,
    signals.eb95,
    signals.sdr_screen,
    signals.evaluable,
    signals.detectable_ratio
from api.signals as signals
where
    signals.variant = 'primary'
    and signals.drug = p_drug
    and signals.event = p_event
    and signals.comparator = p_comparator
