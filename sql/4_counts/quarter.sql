-- Kind: table
-- Title: Accounting of each member of the held archives
-- Grain: (quarter, member)
-- Reads: staged.accounting, source.archive, cases.held_quarter
select
    accounting.quarter,
    accounting.table_name,
    accounting.member,
    accounting.era,
    accounting.physical_lines,
    accounting.header_lines,
    accounting.blank_lines,
    accounting.splits,
    accounting.joins,
    accounting.staged,
    accounting.rejected,
    archive.archive,
    archive.archive_sha256,
    archive.archive_url
from staged.accounting as accounting
inner join cases.held_quarter as held_quarter
    on accounting.quarter_no = held_quarter.quarter_no
inner join source.archive as archive
    on accounting.quarter_no = archive.quarter_no
