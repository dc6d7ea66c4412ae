-- Severity: block for fda
-- Title: a column that the quarters around it fill is empty; the file or its header is not as it seems, look at both
select
    column_quarter.quarter,
    column_quarter.table_name,
    column_quarter.column_name,
    column_quarter.n_blank,
    column_quarter.n_rows,
    round(column_quarter.neighbour_share, 3) as blank_share_around
from counts.column_quarter as column_quarter
cross join gates.bound as bound
where
    column_quarter.n_neighbours >= bound.neighbours_min
    and column_quarter.n_rows >= bound.rows_min
    and column_quarter.neighbour_rows >= bound.rows_min
    and column_quarter.blank_share >= bound.lost_share
    and column_quarter.neighbour_share < bound.lost_before
