-- Kind: view
-- Title: Pairs that would be newly emerging by chance alone, beside those that are by the same rules
-- Grain: as_of; none where held quarters have holes
-- Reads: signals.error_budget
-- Source: docs/signals.md, "Error budget": events of reports dealt anew within strata; checks may lower the count
-- Columns:
--   as_of: quarter
--   permutations: how often the events were dealt anew
--   expected_new: pairs that became emerging in the quarter, mean of the permutations
--   standard_error: Monte Carlo standard error of expected_new
--   new_low: 2.5 % point of the number in one permutation
--   new_high: 97.5 % point of the number in one permutation
--   expected_emerging: pairs in the state emerging at the quarter, mean of the permutations
--   observed_new: pairs that became emerging in the quarter in the reports as they are, by the same rules
--   observed_emerging: pairs in the state emerging in the reports as they are, by the same rules
--   share_kept: reports with a drug and an event that a permutation leaves as they are, as their strata are small
select
    budget.quarter as as_of,
    budget.permutations,
    budget.expected_new,
    budget.standard_error,
    budget.new_low,
    budget.new_high,
    budget.expected_emerging,
    budget.observed_new,
    budget.observed_emerging,
    budget.share_kept
from signals.error_budget as budget
