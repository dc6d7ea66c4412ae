-- Kind: view
-- Title: Single choices that turn the flag of the primary specification of a comparator, of the grid and of variants
-- Grain: (drug, event, comparator, choice)
-- Reads: signals.grid_flip
-- Source: docs/signals.md, "The grid". Both counts are large enough to be counted; a variant that the grid holds too
--   stands once, as a choice of the grid.
-- Columns:
--   drug: ingredient in lower case, or class:<id>
--   event: group or supergroup, as in api.signals
--   comparator: whose flag turns
--   choice: the choice in words; 'variant <name>' as in api.variants, reference members among them
--   is_positive: the flag with that choice; without it the other way round
select
    flip.drug,
    flip.event,
    flip.comparator,
    flip.choice,
    flip.is_positive
from signals.grid_flip as flip
