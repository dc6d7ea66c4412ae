-- Severity: note
-- Title: rows whose report is not in DEMO of the same quarter; they are kept and count for nothing
select
    held.quarter,
    orphan.table_name,
    count(*) as n_orphans
from counts.orphan as orphan
inner join cases.held_quarter as held
    on orphan.quarter_no = held.quarter_no
group by held.quarter, orphan.table_name
