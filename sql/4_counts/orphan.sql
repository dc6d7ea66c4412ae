-- Kind: table
-- Title: Rows whose report is not in DEMO of the same quarter; they are kept, and count for nothing
-- Grain: (quarter_no, table_name, line)
-- Reads: staged.drug, staged.reac, staged.ther, staged.indi, staged.outc, staged.rpsr, staged.demo,
--   cases.held_quarter
-- Source: one pass over all children, against one hash of DEMO; primaryids recur between quarters
with child as (
    select
        'drug' as table_name,
        drug.quarter_no,
        drug.line,
        drug.primaryid
    from staged.drug as drug
    union all
    select
        'reac' as table_name,
        reac.quarter_no,
        reac.line,
        reac.primaryid
    from staged.reac as reac
    union all
    select
        'ther' as table_name,
        ther.quarter_no,
        ther.line,
        ther.primaryid
    from staged.ther as ther
    union all
    select
        'indi' as table_name,
        indi.quarter_no,
        indi.line,
        indi.primaryid
    from staged.indi as indi
    union all
    select
        'outc' as table_name,
        outc.quarter_no,
        outc.line,
        outc.primaryid
    from staged.outc as outc
    union all
    select
        'rpsr' as table_name,
        rpsr.quarter_no,
        rpsr.line,
        rpsr.primaryid
    from staged.rpsr as rpsr
)

select
    child.quarter_no,
    child.table_name,
    child.line,
    child.primaryid
from child
inner join cases.held_quarter as held
    on child.quarter_no = held.quarter_no
anti join staged.demo as demo
    on
        child.quarter_no = demo.quarter_no
        and child.primaryid = demo.primaryid
