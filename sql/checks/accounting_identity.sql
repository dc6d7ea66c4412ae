-- Severity: block
-- Title: physical lines - header - blank + splits - joins differs from staged + rejected: lines were lost or made
select
    quarter.quarter,
    quarter.member,
    quarter.physical_lines
    - quarter.header_lines
    - quarter.blank_lines
    + quarter.splits
    - quarter.joins as expected_rows,
    quarter.staged + quarter.rejected as found_rows
from counts.quarter as quarter
where
    quarter.physical_lines - quarter.header_lines - quarter.blank_lines + quarter.splits - quarter.joins
    <> quarter.staged + quarter.rejected
