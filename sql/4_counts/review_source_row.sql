-- Kind: table
-- Title: Every staged row of each case of the review set, all versions, down to the archive's hash
-- Grain: (caseid, quarter, table_name, line)
-- Reads: counts.review_report, cases.version, staged.*, source.archive
with version as (
    select
        version.caseid,
        version.quarter_no,
        version.primaryid,
        version.known_from,
        version.known_until,
        version.until_reason
    from cases.version as version
    where exists (
        select 1
        from counts.review_report as review
        where review.caseid = version.caseid
    )
),

source_row as (
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
    archive.quarter,
    version.primaryid,
    source_row.table_name,
    accounting.member,
    source_row.line,
    archive.archive,
    archive.archive_sha256,
    coalesce(version.until_reason, 'current') as version_state
from version
inner join source_row
    on
        version.quarter_no = source_row.quarter_no
        and version.primaryid = source_row.primaryid
inner join source.archive as archive
    on version.quarter_no = archive.quarter_no
inner join staged.accounting as accounting
    on
        source_row.quarter_no = accounting.quarter_no
        and lower(source_row.table_name) = accounting.table_name
