-- Severity: block for fda
-- Title: rows of a table are not as counted on the FDA's archive: land it again, or correct known_counts.csv
select
    table_quarter.quarter,
    table_quarter.table_name,
    table_quarter.n_rows,
    table_quarter.known_rows
from counts.table_quarter as table_quarter
where
    table_quarter.known_rows is not null
    and not table_quarter.is_as_known
