-- Severity: block for fda
-- Title: a large share of a table has no report in DEMO: DEMO is cut or of another quarter; land the archive again
with orphaned as (
    select
        orphan.quarter_no,
        orphan.table_name,
        count(*) as n_orphans
    from counts.orphan as orphan
    group by orphan.quarter_no, orphan.table_name
)

select
    table_quarter.quarter,
    table_quarter.table_name,
    orphaned.n_orphans,
    table_quarter.n_rows
from orphaned
inner join counts.table_quarter as table_quarter
    on
        orphaned.quarter_no = table_quarter.quarter_no
        and orphaned.table_name = table_quarter.table_name
cross join gates.bound as bound
where
    table_quarter.n_rows >= bound.rows_min
    and orphaned.n_orphans > bound.orphan_share * table_quarter.n_rows
