-- Severity: block for fda
-- Title: too large a share of the reports has no row in DRUG or REAC, so that file is cut; land the archive again
with lacking as (
    select
        childless.quarter_no,
        childless.table_name,
        count(*) as n_reports
    from counts.childless as childless
    group by childless.quarter_no, childless.table_name
)

select
    demo.quarter,
    lacking.table_name,
    lacking.n_reports,
    demo.n_rows as n_demo
from lacking
inner join counts.table_quarter as demo
    on
        lacking.quarter_no = demo.quarter_no
        and demo.table_name = 'demo'
cross join gates.bound as bound
where
    demo.n_rows >= bound.rows_min
    and lacking.n_reports > bound.childless_share * demo.n_rows
