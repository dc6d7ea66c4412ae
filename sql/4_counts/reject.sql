-- Kind: table
-- Title: Rows of the held quarters that could not be read
-- Grain: (quarter, member, line)
-- Reads: staged.rejected, cases.held_quarter
select
    rejected.quarter,
    rejected.table_name,
    rejected.member,
    rejected.line,
    rejected.reason,
    rejected.bytes
from staged.rejected as rejected
inner join cases.held_quarter as held_quarter
    on rejected.quarter_no = held_quarter.quarter_no
