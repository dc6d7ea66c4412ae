-- Kind: macro(p_caseid)
-- Title: Every row of a case in the FDA's files, all versions, with the archive's hash
-- Grain: (quarter, table_name, line)
-- Reads: counts.review_source_row
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
select
    source_row.caseid,
    source_row.quarter,
    source_row.primaryid,
    source_row.table_name,
    source_row.member,
    source_row.line,
    source_row.archive,
    source_row.archive_sha256,
    source_row.version_state
from counts.review_source_row as source_row
where source_row.caseid = p_caseid
