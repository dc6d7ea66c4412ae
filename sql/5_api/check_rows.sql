-- Kind: view
-- Title: First rows of each check that did not pass, at most twenty a check
-- Grain: (name, row_no)
-- Reads: source.check_row
-- Columns:
--   name: name of the check
--   row_no: place among its rows, from 1
--   quarter: quarter that the row is of; NULL where it is of none
--   figures: the whole row as JSON
select
    result.name,
    result.row_no,
    result.quarter,
    result.figures
from source.check_row as result
