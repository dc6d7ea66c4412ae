-- Severity: block for fda
-- Title: rows not as counted at the FDA: land again, or state a re-issue in known_counts.csv of the data directory
select
    table_quarter.quarter,
    table_quarter.table_name,
    table_quarter.n_rows,
    table_quarter.known_rows,
    table_quarter.known_from
from counts.table_quarter as table_quarter
where
    table_quarter.known_rows is not null
    and not table_quarter.is_as_known
