-- Kind: view
-- Title: The two runs that api.changes compares, and what differs between their inputs
-- Grain: one row
-- Reads: signals.change_run
-- Columns:
--   from_run: previous published run of the analysis; NULL where there is none or its file cannot be read
--   from_as_of: quarter up to which its evidence counted
--   to_as_of: quarter of this file
--   is_computed: the two were compared; false leaves api.changes empty, which does not mean that nothing changed
--   differs: what differs between the inputs up to from_as_of, in words; NULL where nothing does
--   n_cells_revised: cells that are other counts as of from_as_of in this run than in the previous one
--   note: why nothing was computed, or what must be known to read the parts; NULL where there is nothing to say
select
    change_run.from_run,
    change_run.from_as_of,
    change_run.to_as_of,
    change_run.is_computed,
    change_run.differs,
    change_run.n_cells_revised,
    change_run.note
from signals.change_run as change_run
