-- Kind: view
-- Title: Checks of each pair on the board of every held quarter, on evidence as known then
-- Grain: (drug, event, quarter, check_id)
-- Reads: signals.pair_check
-- Source: docs/signals.md, "Checks"
-- Columns:
--   drug: ingredient in lower case, or class:<id>
--   event: name of the event
--   quarter: quarter up to which evidence counts
--   check_id: duplicates, professionals, concentration, notoriety, age_sex, onset, markers, hinges
--   outcome: passes, fails, or not applicable
--   value: the number that is compared, NULL where there is none
--   of_n: the count it rests on
--   words: the figures in one line
select
    pair_check.drug,
    pair_check.event,
    pair_check.quarter,
    pair_check.check_id,
    pair_check.outcome,
    pair_check.value,
    pair_check.of_n,
    pair_check.words
from signals.pair_check as pair_check
