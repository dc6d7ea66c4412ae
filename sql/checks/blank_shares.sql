-- Severity: note
-- Title: a column is blank much more or much less often than in the quarters around it
select
    column_quarter.quarter,
    column_quarter.table_name,
    column_quarter.column_name,
    round(column_quarter.blank_share, 3) as blank_share,
    round(column_quarter.neighbour_share, 3) as blank_share_around
from counts.column_quarter as column_quarter
cross join gates.bound as bound
where
    column_quarter.n_neighbours >= bound.neighbours_min
    and column_quarter.n_rows >= bound.rows_min
    and column_quarter.neighbour_rows >= bound.rows_min
    and abs(column_quarter.blank_share - column_quarter.neighbour_share) > bound.blank_share_change
