-- Kind: view
-- Title: Share of positive specifications of each pair on the board by each choice, all other choices varied
-- Grain: (drug, event, axis, value)
-- Reads: signals.grid_choice
-- Source: docs/signals.md, "The grid"
-- Columns:
--   drug: ingredient in lower case, or class:<id>
--   event: group or supergroup, as in api.signals
--   axis: column of api.grid in which the choice stands
--   value: the choice
--   n_counted: specifications with that choice that are counted
--   n_positive: of these, those that are positive
--   share_positive: n_positive / n_counted; NULL where none is counted
select
    choice.drug,
    choice.event,
    choice.axis,
    choice.value,
    choice.n_counted,
    choice.n_positive,
    choice.share_positive
from signals.grid_choice as choice
