-- Kind: view
-- Title: Every pair of a substance and a preferred term with a report, whole database; differs from api.signals
-- Grain: (drug, event)
-- Reads: signals.pair_statistic, counts.crude_substance, counts.crude_event, signals.prior
-- Source: docs/statistics.md, "Pairs of the whole database": all reports that count now, roles PS and SS, no litigated,
--   product or indication rule, no comparator
-- Columns:
--   basis: crude
--   drug: ingredient in lower case; each part of a combination counts
--   event: preferred term in upper case, as reported
--   as_of: quarter up to which evidence counts
--   a: reports with drug and event
--   n_drug: reports with the drug
--   n_event: reports with the event
--   n: all reports
--   expected: n_drug * n_event / n
--   prr: proportional reporting ratio; NULL, as all that follows, with fewer than 3 reports
--   prr_low: lower 95 % limit of prr
--   prr_high: upper 95 % limit of prr
--   ror: reporting odds ratio
--   ror_low: lower 95 % limit of ror
--   ror_high: upper 95 % limit of ror
--   is_exact: limits from the exact conditional interval because a cell is 0
--   chi2_yates: chi-squared with Yates' correction
--   ic: information component, log2
--   ic025: lower 95 % limit of ic
--   ic975: upper 95 % limit of ic
--   ebgm: empirical Bayes geometric mean of the reporting ratio; NULL unless pt of api.priors is fitted
--   eb05: 5th percentile, the lower limit of the 90 % interval
--   eb95: 95th percentile, the upper limit of the 90 % interval
with crude as (
    select
        substance.substance as drug,
        event.event,
        fitted.prior_as_of as as_of,
        statistic.a,
        substance.n_drug,
        event.n_event,
        event.n,
        statistic.prr,
        statistic.prr_low,
        statistic.prr_high,
        statistic.ror,
        statistic.ror_low,
        statistic.ror_high,
        statistic.is_exact,
        statistic.chi2_yates,
        statistic.ic,
        statistic.ic025,
        statistic.ic975,
        statistic.ebgm,
        statistic.eb05,
        statistic.eb95,
        'crude' as basis,
        cast(substance.n_drug as double) * event.n_event / event.n as expected
    from signals.pair_statistic as statistic
    inner join counts.crude_substance as substance
        on statistic.substance_no = substance.substance_no
    inner join counts.crude_event as event
        on statistic.event_no = event.event_no
    inner join signals.prior as fitted
        on event.event_level = fitted.event_level
)

select
    basis,
    drug,
    event,
    as_of,
    a,
    n_drug,
    n_event,
    n,
    expected,
    prr,
    prr_low,
    prr_high,
    ror,
    ror_low,
    ror_high,
    is_exact,
    chi2_yates,
    ic,
    ic025,
    ic975,
    ebgm,
    eb05,
    eb95
from crude
