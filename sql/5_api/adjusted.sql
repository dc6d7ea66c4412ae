-- Kind: view
-- Title: Statistics of the primary variant adjusted for what reports state; never free of confounding
-- Grain: (comparator, drug_level, drug, event_level, event)
-- Reads: signals.adjusted
-- Source: docs/statistics.md, "Adjusted statistics". Infinity is a value; what the data do not determine is NULL.
-- Columns:
--   comparator: A whole database, B reports of people with the disease, C active comparator (the reference class)
--   drug_level: substance or class
--   drug: ingredient in lower case, or class:<id>
--   event_level: group, supergroup, marker or meddra; preferred terms are not adjusted
--   event: as in api.signals
--   as_of: quarter up to which evidence counts
--   sex: reports counted in all four cells: all, or female or male where the event is judged in one sex
--   a: reports with drug and event, of that sex
--   n_drug: reports with the drug
--   n_event: reports with the event
--   n: all reports of the comparator's population of that sex for this event
--   expected: n_drug * n_event / n; crude, as ror
--   ror: crude reporting odds ratio in that sex; that of api.signals where sex is all
--   ror_low: lower 95 % limit of ror
--   ror_high: upper 95 % limit of ror
--   expected_year: sum over years of n_drug * n_event / n of that sex (api.year_history: of both); A only, as 3 more
--   ic_year: information component log2((a + 0.5) / (expected_year + 0.5))
--   ic025_year: lower 95 % limit of ic_year
--   ic975_year: upper 95 % limit of ic_year
--   prr_mh: Mantel-Haenszel proportional reporting ratio over year of receipt and reporter
--   prr_mh_low: lower 95 % limit of prr_mh
--   prr_mh_high: upper 95 % limit of prr_mh
--   ror_mh: Mantel-Haenszel reporting odds ratio over year of receipt and reporter
--   ror_mh_low: lower 95 % limit of ror_mh
--   ror_mh_high: upper 95 % limit of ror_mh
--   n_strata: years by reporter that compare: reports with and without drug, with and without event
--   a_mh: reports of a in those strata; the others say nothing in prr_mh and ror_mh
--   ror_age_sex: Mantel-Haenszel reporting odds ratio over age band and sex, missing ones a stratum of their own
--   ror_age_sex_low: lower 95 % limit of ror_age_sex
--   ror_age_sex_high: upper 95 % limit of ror_age_sex
--   n_strata_age_sex: age bands by sex that compare, as n_strata
--   a_age_sex: reports of a in those strata
--   p_homogeneity: Breslow-Day test of equal odds ratios in all age bands and sexes; rough where counts are small
--   ror_age_sex_with_unknown: ror_age_sex with unknown sex added as strata of their own; NULL where sex is all
--   ror_age_sex_with_unknown_low: lower 95 % limit of ror_age_sex_with_unknown
--   ror_age_sex_with_unknown_high: upper 95 % limit of ror_age_sex_with_unknown
--   ror_adjusted: reporting odds ratio by logistic regression on age band, sex, region and year; flagged pairs only
--   ror_adjusted_low: lower 95 % limit of ror_adjusted
--   ror_adjusted_high: upper 95 % limit of ror_adjusted
--   ror_adjusted_reporter: the same with the reporter as a further covariate
--   ror_adjusted_reporter_low: lower 95 % limit of ror_adjusted_reporter
--   ror_adjusted_reporter_high: upper 95 % limit of ror_adjusted_reporter
--   adjusted_note: why there is no logistic model or only a limit; NULL where both are finite
select
    adjusted.comparator,
    adjusted.drug_level,
    adjusted.drug,
    adjusted.event_level,
    adjusted.event,
    adjusted.as_of,
    adjusted.sex,
    adjusted.a,
    adjusted.n_drug,
    adjusted.n_event,
    adjusted.n,
    adjusted.expected,
    adjusted.ror,
    adjusted.ror_low,
    adjusted.ror_high,
    adjusted.expected_year,
    adjusted.ic_year,
    adjusted.ic025_year,
    adjusted.ic975_year,
    adjusted.prr_mh,
    adjusted.prr_mh_low,
    adjusted.prr_mh_high,
    adjusted.ror_mh,
    adjusted.ror_mh_low,
    adjusted.ror_mh_high,
    adjusted.n_strata,
    adjusted.a_mh,
    adjusted.ror_age_sex,
    adjusted.ror_age_sex_low,
    adjusted.ror_age_sex_high,
    adjusted.n_strata_age_sex,
    adjusted.a_age_sex,
    adjusted.p_homogeneity,
    adjusted.ror_age_sex_with_unknown,
    adjusted.ror_age_sex_with_unknown_low,
    adjusted.ror_age_sex_with_unknown_high,
    adjusted.ror_adjusted,
    adjusted.ror_adjusted_low,
    adjusted.ror_adjusted_high,
    adjusted.ror_adjusted_reporter,
    adjusted.ror_adjusted_reporter_low,
    adjusted.ror_adjusted_reporter_high,
    adjusted.adjusted_note
from signals.adjusted as adjusted
