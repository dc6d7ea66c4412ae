-- Severity: block
-- Title: a cell of a 2x2 table is negative; a count is wrong
select
    cell.variant,
    cell.comparator,
    cell.drug,
    cell.event_level,
    cell.event,
    cell.quarter_no,
    cell.a,
    cell.n_drug,
    cell.n_event,
    cell.n
from counts.cell as cell
where
    cell.a < 0
    or cell.n_drug < cell.a
    or cell.n_event < cell.a
    or cell.n < cell.n_drug + cell.n_event - cell.a
