-- Kind: view
-- Title: Every staged row of each case of the review set, all versions
-- Grain: (caseid, quarter_no, primaryid, table_name, line)
-- Reads: counts.review_version, staged.demo, staged.drug, staged.reac, staged.ther, staged.indi, staged.outc,
--   staged.rpsr
-- Source: what is the same in all rows of a version or of a file stands in counts.review_version and counts.quarter
with source_row as (
    select
        'DEMO' as table_name,
        demo.quarter_no,
        demo.primaryid,
        demo.line
    from staged.demo as demo
    union all
    select
        'DRUG' as table_name,
        drug.quarter_no,
        drug.primaryid,
        drug.line
    from staged.drug as drug
    union all
    select
        'REAC' as table_name,
        reac.quarter_no,
        reac.primaryid,
        reac.line
    from staged.reac as reac
    union all
    select
        'THER' as table_name,
        ther.quarter_no,
        ther.primaryid,
        ther.line
    from staged.ther as ther
    union all
    select
        'INDI' as table_name,
        indi.quarter_no,
        indi.primaryid,
        indi.line
    from staged.indi as indi
    union all
    select
        'OUTC' as table_name,
        outc.quarter_no,
        outc.primaryid,
        outc.line
    from staged.outc as outc
    union all
    select
        'RPSR' as table_name,
        rpsr.quarter_no,
        rpsr.primaryid,
        rpsr.line
    from staged.rpsr as rpsr
)

select
    version.caseid,
    version.quarter_no,
    version.primaryid,
    source_row.table_name,
    source_row.line
from counts.review_version as version
inner join source_row
    on
        version.quarter_no = source_row.quarter_no
        and version.primaryid = source_row.primaryid
