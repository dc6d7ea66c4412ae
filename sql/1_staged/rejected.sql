-- Kind: view
-- Title: Lines that could not be read, with reason and bytes
-- Grain: rejected line (quarter, member, line)
-- Reads: staged Parquet
select
    quarter,
    quarter_no,
    table_name,
    member,
    line,
    reason,
    bytes
from source.rejected
