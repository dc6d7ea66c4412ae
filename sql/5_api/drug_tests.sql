-- Kind: view
-- Title: Whether any group of a drug stands out, by one test of all its groups, primary variant
-- Grain: (comparator, drug_level, drug)
-- Reads: signals.drug_test
-- Source: docs/statistics.md, "One test per drug"; Huang, Zalkikar, Tiwari 2011
-- Columns:
--   comparator: A whole database, B reports of people with the disease, C active comparator (the reference class)
--   drug_level: substance or class
--   drug: ingredient in lower case, or class:<id>
--   as_of: quarter up to which evidence counts
--   n_drug: reports with the drug, the largest of those that api.signals has for its groups
--   n_events: groups tested, those that some report of the population has and some has not
--   event: group with the largest log-likelihood ratio; NULL where no group has more reports than expected
--   a: reports with drug and that group
--   expected: n_drug * n_event / n of that group, as in api.signals
--   llr: its log-likelihood ratio, natural logarithm; NULL, as what follows, where nothing can be compared
--   p_lrt: p that the largest of all groups is so large; bounds the chance of any false group of the drug
--   n_flagged: groups with a step-down p of at most 0.05 and at least 3 reports
--   flagged_events: those groups, the largest ratio first, joined by |
--   n_simulations: simulated tables; no p is below 1 / (n_simulations + 1)
--   m: drugs of this comparator and level that were tested
--   q_bh: Benjamini and Hochberg's adjusted p_lrt among those m drugs
select
    drug_test.comparator,
    drug_test.drug_level,
    drug_test.drug,
    drug_test.quarter as as_of,
    drug_test.n_drug,
    drug_test.n_events,
    drug_test.event,
    drug_test.a,
    drug_test.expected,
    drug_test.llr,
    drug_test.p_lrt,
    drug_test.n_flagged,
    drug_test.flagged_events,
    drug_test.n_simulations,
    drug_test.m,
    drug_test.q_bh
from signals.drug_test as drug_test
