-- Kind: view
-- Title: Statistics of the primary variant as of every held quarter, cumulative
-- Grain: (comparator, drug, event_level, event, as_of)
-- Reads: signals.statistic
-- Source: evidence as known at each quarter; vocabulary is today's
-- Columns:
--   comparator: A whole database, B reports of people with the disease, C active comparator
--   drug_level: substance or class
--   drug: ingredient in lower case, or class:<id>
--   event_level: pt, group, supergroup; never on the board: marker (benign markers, leads, tests), meddra (own folder)
--   event: name of the event
--   as_of: quarter up to which evidence counts
--   a: reports with drug and event
--   b: reports with the drug without the event
--   c: reports with the event without the drug
--   d: reports with neither
--   n: all reports of the population for this event
--   expected: n_drug * n_event / n
--   prr: proportional reporting ratio
--   prr_low: lower 95 % limit of prr
--   prr_high: upper 95 % limit of prr
--   ror: reporting odds ratio
--   ror_low: lower 95 % limit of ror
--   ror_high: upper 95 % limit of ror
--   chi2_yates: chi-squared with Yates' correction
--   ic: information component, log2((a + 0.5) / (expected + 0.5)); cumulative: at a constant ratio ic025 grows with n
--   ic025: lower 95 % limit of ic, exact
--   ic975: upper 95 % limit of ic, exact
--   ebgm: empirical Bayes geometric mean (MGPS); A only, with a >= 1, in fourth quarters and the latest; see api.priors
--   eb05: 5 % quantile of the same posterior
--   eb95: 95 % quantile
--   prior_as_of: quarter whose whole-database pairs the prior was fitted to; NULL without ebgm
--   sdr_evans: a >= 3, prr >= 2 and chi2_yates >= 4
--   sdr_ror: a >= 3 and ror_low > 1
--   sdr_ic: ic025 > 0
--   sdr_eb05: a >= 3 and eb05 >= 2; NULL where ebgm is not computed
--   sdr_screen: sdr_ror or sdr_ic; the flag of the board and the report
--   evaluable: the pair could be judged at all at that quarter
select
    statistic.comparator,
    statistic.drug_level,
    statistic.drug,
    statistic.event_level,
    statistic.event,
    statistic.quarter as as_of,
    statistic.a,
    statistic.b,
    statistic.c,
    statistic.d,
    statistic.n,
    statistic.expected,
    statistic.prr,
    statistic.prr_low,
    statistic.prr_high,
    statistic.ror,
    statistic.ror_low,
    statistic.ror_high,
    statistic.chi2_yates,
    statistic.ic,
    statistic.ic025,
    statistic.ic975,
    statistic.ebgm,
    statistic.eb05,
    statistic.eb95,
    statistic.prior_as_of,
    statistic.sdr_evans,
    statistic.sdr_ror,
    statistic.sdr_ic,
    statistic.sdr_eb05,
    statistic.sdr_screen,
    statistic.evaluable
from signals.statistic as statistic
where statistic.variant = 'primary'
