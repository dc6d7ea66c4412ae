-- Kind: view
-- Title: Reporting odds ratio of the last eight quarters against that of the time before, as of every quarter
-- Grain: (comparator, drug, event_level, event, as_of); at least 3 recent reports, primary variant, no preferred terms
-- Reads: signals.contrast
-- Source: docs/statistics.md, "Rising". Quarters 1 to 8 and those after a hole between held quarters have no row: no
--   row there is no finding. Recent: the case first counted in as_of or the seven quarters before. Earlier: before
--   that, in A and B from the drug's first quarter on.
-- Columns:
--   comparator: A whole database, B reports of people with the disease, C active comparator
--   drug_level: substance or class
--   drug: ingredient in lower case, or class:<id>
--   event_level: group or supergroup; never on the board: marker (benign markers, leads, tests), meddra (own folder)
--   event: name of the event, as in api.signals
--   as_of: quarter up to which evidence counts
--   a_recent: recent reports with drug and event
--   b_recent: recent reports with the drug without the event
--   c_recent: recent reports with the event without the drug
--   d_recent: recent reports with neither
--   a_before: earlier reports with drug and event
--   b_before: earlier reports with the drug without the event
--   c_before: earlier reports with the event without the drug
--   d_before: earlier reports with neither
--   ratio: odds ratio of recent over that of earlier reports; infinite with no earlier case, NULL with no report
--   ratio_low: lower 90 % limit of ratio
--   ratio_high: upper 90 % limit of ratio
--   is_exact: limits from the exact conditional distribution because a cell is 0
--   p_rising: exact one-sided probability of as many recent cases or more if the odds ratio did not change
--   is_rising: a_recent >= 3, ratio_low > 1 and p_rising <= 0.05; by chance 1 in 20 of all pairs, more of the rows
select
    contrast.comparator,
    contrast.drug_level,
    contrast.drug,
    contrast.event_level,
    contrast.event,
    contrast.quarter as as_of,
    contrast.a_recent,
    contrast.b_recent,
    contrast.c_recent,
    contrast.d_recent,
    contrast.a_before,
    contrast.b_before,
    contrast.c_before,
    contrast.d_before,
    contrast.ratio,
    contrast.ratio_low,
    contrast.ratio_high,
    contrast.is_exact,
    contrast.p_rising,
    contrast.is_rising
from signals.contrast as contrast
