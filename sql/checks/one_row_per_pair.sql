-- Severity: block
-- Title: a pair stands twice in a comparator and quarter; a name is no key
select
    cell.variant,
    cell.comparator,
    cell.drug,
    cell.event,
    cell.quarter_no,
    count(*) as n_rows
from counts.cell as cell
group by cell.variant, cell.comparator, cell.drug, cell.event, cell.quarter_no
having count(*) > 1
