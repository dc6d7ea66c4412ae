-- Kind: view
-- Title: What each pair means among all pairs that were tested: p-values and false discovery rates, primary variant
-- Grain: (comparator, drug_level, drug, event_level, event)
-- Reads: signals.multiplicity, signals.statistic
-- Source: docs/statistics.md, "Many pairs at once". A family is all pairs of a comparator, drug_level and event_level
--   whose margins leave more than one table, a = 0 included. Values are NULL where they have no meaning.
-- Columns:
--   comparator: A whole database, B reports of people with the disease, C active comparator (the reference class)
--   drug_level: substance or class
--   drug: ingredient in lower case, or class:<id>
--   event_level: group or supergroup; preferred terms have no whole grid of pairs
--   event: name of the event, as in api.signals
--   as_of: quarter up to which evidence counts
--   a: reports with drug and event, as in api.signals
--   expected: n_drug * n_event / n, as in api.signals
--   m: tests of the family; none was left out for a small a
--   p_greater: one-sided p of Fisher's exact test, P(A >= a); NULL where a margin leaves one table only
--   p_mid: its mid-p, half of P(A = a) less
--   q_bh: Benjamini and Hochberg's adjusted p within the family, from p_greater
--   pi0_storey: estimated share of true null hypotheses of the family that q_storey uses
--   q_storey: q-value of Storey within the family, from p_mid
--   pi0_lbe: the same share by the location based estimator
--   q_lbe: q-value by it within the family, from p_mid
--   fdr_ebgm: mean of P(lambda <= 1) over the list that ends here; no q: any excess counts, however small
--   p_lrt: likelihood ratio test of all groups of the drug, step-down p of this one; NULL for supergroups
--   p_raw: two-sided normal p of ln ROR; NULL where a cell is 0
--   p_calibrated: the same against the empirical null of the comparator (api.control_performance)
--   p_raw_greater: one-sided p of ln ROR above 0
--   p_calibrated_greater: the same against the empirical null, never below p_raw_greater
select
    tested.comparator,
    tested.drug_level,
    tested.drug,
    tested.event_level,
    tested.event,
    tested.quarter as as_of,
    statistic.a,
    statistic.expected,
    tested.m,
    tested.p_greater,
    tested.p_mid,
    tested.q_bh,
    tested.pi0_storey,
    tested.q_storey,
    tested.pi0_lbe,
    tested.q_lbe,
    tested.fdr_ebgm,
    tested.p_lrt,
    tested.p_raw,
    tested.p_calibrated,
    tested.p_raw_greater,
    tested.p_calibrated_greater
from signals.multiplicity as tested
inner join signals.statistic as statistic
    on
        tested.comparator = statistic.comparator
        and tested.drug = statistic.drug
        and tested.event_level = statistic.event_level
        and tested.event = statistic.event
where
    statistic.is_latest
    and statistic.variant = 'primary'
