-- Kind: view
-- Title: What the grid leaves of each pair on the board: share of positive specifications, extremes, what turns it
-- Grain: (drug, event)
-- Reads: signals.grid_summary
-- Source: docs/signals.md, "The grid". A share of specifications is no probability: they share most of their reports.
-- Columns:
--   drug: ingredient in lower case, or class:<id>
--   event: group or supergroup, as in api.signals
--   n_counted: specifications that are counted; the others are too small or not evaluable
--   n_positive: of these, those that are positive
--   share_positive: n_positive / n_counted; NULL where none is counted
--   primary_counted_in: comparators whose primary specification is counted, such as A+C; NULL where none is
--   primary_positive_in: comparators whose primary specification is counted and positive; NULL where none is
--   worst: counted specification with the lowest lower limit, in words; of equals the first
--   worst_a: its a
--   worst_ror: its reporting odds ratio
--   worst_ror_low: its lower 95 % limit
--   worst_ror_high: its upper 95 % limit
--   best: counted specification with the highest lower limit, in words; of equals the first
--   best_a: its a
--   best_ror: its reporting odds ratio
--   best_ror_low: its lower 95 % limit
--   best_ror_high: its upper 95 % limit
--   flips: single choices that turn the primary specification, in words (api.grid_flips); NULL where none does
select
    summary.drug,
    summary.event,
    summary.n_counted,
    summary.n_positive,
    summary.share_positive,
    summary.primary_counted_in,
    summary.primary_positive_in,
    summary.worst,
    summary.worst_a,
    summary.worst_ror,
    summary.worst_ror_low,
    summary.worst_ror_high,
    summary.best,
    summary.best_a,
    summary.best_ror,
    summary.best_ror_low,
    summary.best_ror_high,
    summary.flips
from signals.grid_summary as summary
