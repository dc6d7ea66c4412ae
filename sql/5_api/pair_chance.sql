-- Kind: view
-- Title: How each pair fares when the events of reports are dealt anew within strata
-- Grain: (drug, event); groups and supergroups, reports that count at the file's quarter
-- Reads: signals.pair_chance
-- Source: docs/signals.md, "Error budget"; not corrected for the number of pairs
-- Columns:
--   drug_level: substance or class
--   drug: ingredient in lower case, or class:<id>
--   event_level: group or supergroup
--   event: name of the event, as in api.signals
--   permutations: how often the events were dealt anew
--   a: reports with drug and event in A
--   mean_a: reports with drug and event, mean of the permutations; the count expected in strata
--   p_permutation: one-sided; (1 + permutations with at least a reports) / (1 + permutations)
--   share_ever_crossing: permutations in which the pair crossed at any quarter, by evidence alone
--   share_crossing: permutations in which it crossed at the file's quarter
--   p_crossing: (1 + permutations in which it crossed at the file's quarter) / (1 + permutations)
select
    chance.drug_level,
    chance.drug,
    chance.event_level,
    chance.event,
    chance.permutations,
    chance.a,
    chance.mean_a,
    chance.p_permutation,
    chance.share_ever_crossing,
    chance.share_crossing,
    chance.p_crossing
from signals.pair_chance as chance
