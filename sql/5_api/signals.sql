-- Kind: view
-- Title: Statistics of every pair in each comparator at the file's as_of, crude inside the comparator's population
-- Grain: (variant, comparator, drug_level, drug, event_level, event)
-- Reads: signals.statistic, counts.pair_profile
-- Columns:
--   variant: what is changed against the primary analysis (api.variants); primary changes nothing
--   comparator: A whole database, B reports of people with the disease, C active comparator (the reference class)
--   drug_level: substance or class
--   drug: ingredient in lower case, or class:<id>
--   event_level: pt, group, supergroup; never on the board: marker (benign markers, leads, tests), meddra (own folder)
--   event: preferred term in upper case, group id, any_*/all_* supergroup, or marker:<event>:<kind>
--   as_of: quarter up to which evidence counts
--   a: reports with drug and event
--   b: reports with the drug without the event
--   c: reports with the event without the drug
--   d: reports with neither
--   n_drug: reports with the drug, a + b
--   n_event: reports with the event, a + c
--   n: all reports of the comparator's population for this event, a + b + c + d
--   expected: n_drug * n_event / n
--   prr: proportional reporting ratio
--   prr_low: lower 95 % limit of prr
--   prr_high: upper 95 % limit of prr
--   ror: reporting odds ratio
--   ror_low: lower 95 % limit of ror
--   ror_high: upper 95 % limit of ror
--   is_exact: limits from the exact conditional interval because a cell is 0
--   chi2: chi-squared of Pearson, 1 degree of freedom
--   chi2_yates: chi-squared with Yates' correction
--   ic: information component, log2((a + 0.5) / (expected + 0.5)) (Noren 2013)
--   ic025: lower 95 % limit of ic, exact
--   ic975: upper 95 % limit of ic, exact
--   ebgm: empirical Bayes geometric mean (MGPS); A only, with a >= 1; the prior stands in api.priors
--   eb05: 5 % quantile of the same posterior
--   eb95: 95 % quantile
--   prior_as_of: quarter whose whole-database pairs the prior was fitted to; NULL without ebgm
--   prior_borrowed: the prior is that of substances while the drug is a class
--   sdr_evans: a >= 3, prr >= 2 and chi2_yates >= 4 (Evans 2001)
--   sdr_ror: a >= 3 and ror_low > 1
--   sdr_ic: ic025 > 0, which no pair with a < 3 reaches
--   sdr_eb05: a >= 3 and eb05 >= 2; NULL where ebgm is not computed
--   sdr_screen: sdr_ror or sdr_ic; the flag of the board and the report
--   evaluable: the pair could be judged at all; no flag where false is no reassurance
--   detectable_ratio: smallest a / expected with which sdr_ic could have been true at this expected count
--   a_new: reports of a that did not count in the held quarter before; NULL, as what follows, but in primary
--   a_hcp: reports of a from health professionals
--   a_serious: reports of a with any seriousness outcome
--   a_fatal: reports of a with outcome death
--   a_countries: distinct countries among the reports of a
select
    statistic.variant,
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
    statistic.n_drug,
    statistic.n_event,
    statistic.n,
    statistic.expected,
    statistic.prr,
    statistic.prr_low,
    statistic.prr_high,
    statistic.ror,
    statistic.ror_low,
    statistic.ror_high,
    statistic.is_exact,
    statistic.chi2,
    statistic.chi2_yates,
    statistic.ic,
    statistic.ic025,
    statistic.ic975,
    statistic.ebgm,
    statistic.eb05,
    statistic.eb95,
    statistic.prior_as_of,
    statistic.prior_borrowed,
    statistic.sdr_evans,
    statistic.sdr_ror,
    statistic.sdr_ic,
    statistic.sdr_eb05,
    statistic.sdr_screen,
    statistic.evaluable,
    statistic.detectable_ratio,
    case when statistic.variant = 'primary' then coalesce(profile.a_new, 0) end as a_new,
    case when statistic.variant = 'primary' then coalesce(profile.a_hcp, 0) end as a_hcp,
    case when statistic.variant = 'primary' then coalesce(profile.a_serious, 0) end as a_serious,
    case when statistic.variant = 'primary' then coalesce(profile.a_fatal, 0) end as a_fatal,
    case when statistic.variant = 'primary' then coalesce(profile.a_countries, 0) end as a_countries
from signals.statistic as statistic
left join counts.pair_profile as profile
    on
        statistic.variant = 'primary'
        and statistic.comparator = profile.comparator
        and statistic.drug = profile.drug
        and statistic.event_level = profile.event_level
        and statistic.event = profile.event
where statistic.is_latest
