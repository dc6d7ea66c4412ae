-- Severity: note
-- Title: rows whose report is not in DEMO of the same quarter; they count for nothing
with child as (
    select
        'drug' as table_name,
        drug.quarter_no,
        drug.primaryid
    from staged.drug as drug
    union all
    select
        'reac' as table_name,
        reac.quarter_no,
        reac.primaryid
    from staged.reac as reac
    union all
    select
        'ther' as table_name,
        ther.quarter_no,
        ther.primaryid
    from staged.ther as ther
    union all
    select
        'indi' as table_name,
        indi.quarter_no,
        indi.primaryid
    from staged.indi as indi
    union all
    select
        'outc' as table_name,
        outc.quarter_no,
        outc.primaryid
    from staged.outc as outc
)

select
    child.table_name,
    child.quarter_no,
    count(*) as n_rows
from child
inner join cases.held_quarter as held_quarter
    on child.quarter_no = held_quarter.quarter_no
anti join staged.demo as demo
    on
        child.quarter_no = demo.quarter_no
        and child.primaryid = demo.primaryid
group by child.table_name, child.quarter_no
