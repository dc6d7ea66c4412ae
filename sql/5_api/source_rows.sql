-- Kind: macro(p_caseid)
-- Title: Every row of a case in the FDA's files, all versions, with the archive's hash
-- Grain: (quarter, table_name, line)
-- Reads: counts.review_source_row, counts.review_version, counts.quarter
-- Columns:
--   caseid: case number
--   quarter: quarter of the archive
--   primaryid: version
--   table_name: DEMO, DRUG, ...
--   member: file in the archive
--   line: physical line
--   archive: archive as published
--   archive_sha256: SHA-256 of the archive
--   version_state: current, or why the version is not
with source_row as (
    select
        review_source_row.caseid,
        review_source_row.quarter_no,
        review_source_row.primaryid,
        review_source_row.table_name,
        review_source_row.line
    from counts.review_source_row as review_source_row
    where review_source_row.caseid = p_caseid
)

select
    source_row.caseid,
    quarter.quarter,
    source_row.primaryid,
    source_row.table_name,
    quarter.member,
    source_row.line,
    quarter.archive,
    quarter.archive_sha256,
    version.version_state
from source_row
inner join counts.review_version as version
    on
        source_row.caseid = version.caseid
        and source_row.quarter_no = version.quarter_no
        and source_row.primaryid = version.primaryid
inner join counts.quarter as quarter
    on
        source_row.quarter_no = quarter.quarter_no
        and lower(source_row.table_name) = quarter.table_name
order by source_row.quarter_no, source_row.table_name, source_row.line
