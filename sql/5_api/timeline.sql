-- Kind: macro(p_drug, p_event)
-- Title: The cumulative statistics of a pair as of every held quarter
-- Grain: (comparator, as_of)
-- Reads: api.signal_history
-- Columns:
--   as_of: quarter
--   comparator: A, B or C
--   a: reports with drug and event
--   expected: expected count
--   ror: reporting odds ratio
--   ror_low: lower 95 % limit
--   ror_high: upper 95 % limit
--   ic: information component, log2 scale
--   ic025: lower 95 % limit of ic
--   ic975: upper 95 % limit of ic
--   ebgm: empirical Bayes geometric mean, comparator A in fourth quarters and the latest
--   eb05: 5 % quantile
--   sdr_screen: flag of that quarter, by ror_low or by ic025
select
    history.as_of,
    history.comparator,
    history.a,
    history.expected,
    history.ror,
    history.ror_low,
    history.ror_high,
    history.ic,
    history.ic025,
    history.ic975,
    history.ebgm,
    history.eb05,
    history.sdr_screen
from api.signal_history as history
where
    history.drug = p_drug
    and history.event = p_event
