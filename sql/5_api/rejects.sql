-- Kind: view
-- Title: Rows that could not be read
-- Grain: (quarter, member, line)
-- Reads: counts.reject
-- Columns:
--   quarter: quarter
--   table_name: table
--   member: file in the archive
--   line: physical line
--   reason: why it could not be read
--   bytes: the line as it stands in the file
select
    reject.quarter,
    reject.table_name,
    reject.member,
    reject.line,
    reject.reason,
    reject.bytes
from counts.reject as reject
