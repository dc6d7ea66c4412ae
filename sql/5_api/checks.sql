-- Kind: view
-- Title: Checks of the run, those that passed too; a published run has none that blocked
-- Grain: name
-- Reads: source.check_result
-- Columns:
--   name: name of the check, a file of sql/checks
--   severity: block, note, or block for fda (blocks archives of the FDA's own site, else a note)
--   effect: passed, note or blocked
--   title: what a row means, and what to do
--   n_rows: rows that it returned
select
    result.name,
    result.severity,
    result.effect,
    result.title,
    result.n_rows
from source.check_result as result
