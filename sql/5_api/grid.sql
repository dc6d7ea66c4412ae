-- Kind: view
-- Title: Every pair on the board in every specification of the grid, a combination of choices fixed beforehand
-- Grain: (drug, event, comparator, roles, reporter, duplicates, litigated, indication_rule, adjustment)
-- Reads: signals.grid
-- Source: docs/signals.md, "The grid". The section grid of the analysis file lists the choices.
-- Columns:
--   drug: ingredient in lower case, or class:<id>
--   event: group or supergroup, as in api.signals
--   comparator: A, B or C; no rows where the drug has no such comparator
--   roles: roles in which the drug counts, joined by +
--   reporter: all, or professional (reports of health professionals in all four cells)
--   duplicates: suspected duplicates left_out or counted
--   litigated: litigated reports left_out or counted
--   indication_rule: standard, narrow (without treated events) or off (every reported term counts)
--   adjustment: crude, or Mantel-Haenszel over age_sex (age band and sex) or year (of receipt)
--   a: reports with drug and event; adjusted, of an event of one sex, those of that sex
--   a_compared: reports of a in strata that compare; the others say nothing in an adjusted ratio
--   expected: count if drug and event were independent in each stratum, summed over them
--   n: reports of the population; adjusted, of an event of one sex, those of that sex
--   ror: reporting odds ratio, crude or Mantel-Haenszel; NULL where no stratum compares
--   ror_low: lower 95 % limit of ror
--   ror_high: upper 95 % limit of ror
--   is_positive: a_compared is at least that of a flag (3) and ror_low above its threshold (1)
--   is_counted: the specification enters the shares
--   why_not_counted: population too small, not evaluable, or no stratum compares; NULL where it is counted
select
    grid.drug,
    grid.event,
    grid.comparator,
    grid.roles,
    grid.reporter,
    grid.duplicates,
    grid.litigated,
    grid.indication_rule,
    grid.adjustment,
    grid.a,
    grid.a_compared,
    grid.expected,
    grid.n,
    grid.ror,
    grid.ror_low,
    grid.ror_high,
    grid.is_positive,
    grid.is_counted,
    grid.why_not_counted
from signals.grid as grid
