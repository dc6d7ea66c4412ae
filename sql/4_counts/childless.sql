-- Kind: table
-- Title: Rows of DEMO that have no row in DRUG, or none in REAC; table_name says in which
-- Grain: (quarter_no, line, table_name)
-- Reads: staged.demo, staged.drug, staged.reac, cases.held_quarter
with report as (
    select
        demo.quarter_no,
        demo.line,
        demo.primaryid
    from staged.demo as demo
    inner join cases.held_quarter as held
        on demo.quarter_no = held.quarter_no
)

select
    report.quarter_no,
    report.line,
    report.primaryid,
    'drug' as table_name
from report
anti join staged.drug as drug
    on
        report.quarter_no = drug.quarter_no
        and report.primaryid = drug.primaryid
union all
select
    report.quarter_no,
    report.line,
    report.primaryid,
    'reac' as table_name
from report
anti join staged.reac as reac
    on
        report.quarter_no = reac.quarter_no
        and report.primaryid = reac.primaryid
