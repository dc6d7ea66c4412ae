-- Severity: note
-- Title: rows of a table differ within tolerance from those counted on the FDA's archive; it may be a re-issue
select
    table_quarter.quarter,
    table_quarter.table_name,
    table_quarter.n_rows,
    table_quarter.known_rows,
    table_quarter.known_from
from counts.table_quarter as table_quarter
where
    table_quarter.is_as_known
    and table_quarter.n_rows <> table_quarter.known_rows
