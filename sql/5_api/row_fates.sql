-- Kind: view
-- Title: What became of each quarter's DEMO rows; the fates of a quarter add up to its rows
-- Grain: (quarter, fate)
-- Reads: counts.row_fate
-- Columns:
--   quarter: quarter of the archive
--   fate: counted in comparator A before litigated reports leave, or why it is not
--   n_rows: rows of DEMO
select
    row_fate.quarter,
    row_fate.fate,
    row_fate.n_rows
from counts.row_fate as row_fate
