-- Severity: block
-- Title: staged rows differ from what was counted when written; delete the staged folder and stage again
with found as (
    select
        'demo' as table_name,
        demo.quarter_no,
        count(*) as n
    from staged.demo as demo
    group by demo.quarter_no
    union all
    select
        'drug' as table_name,
        drug.quarter_no,
        count(*) as n
    from staged.drug as drug
    group by drug.quarter_no
    union all
    select
        'reac' as table_name,
        reac.quarter_no,
        count(*) as n
    from staged.reac as reac
    group by reac.quarter_no
    union all
    select
        'ther' as table_name,
        ther.quarter_no,
        count(*) as n
    from staged.ther as ther
    group by ther.quarter_no
    union all
    select
        'indi' as table_name,
        indi.quarter_no,
        count(*) as n
    from staged.indi as indi
    group by indi.quarter_no
    union all
    select
        'outc' as table_name,
        outc.quarter_no,
        count(*) as n
    from staged.outc as outc
    group by outc.quarter_no
    union all
    select
        'rpsr' as table_name,
        rpsr.quarter_no,
        count(*) as n
    from staged.rpsr as rpsr
    group by rpsr.quarter_no
)

select
    accounting.quarter,
    accounting.table_name,
    accounting.staged,
    coalesce(found.n, 0) as found_rows
from staged.accounting as accounting
inner join cases.held_quarter as held_quarter
    on accounting.quarter_no = held_quarter.quarter_no
left join found
    on
        accounting.quarter_no = found.quarter_no
        and accounting.table_name = found.table_name
where
    accounting.table_name <> 'deleted'
    and accounting.staged <> coalesce(found.n, 0)
