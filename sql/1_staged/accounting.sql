-- Kind: view
-- Title: Where every physical line went
-- Grain: member of an archive (quarter, member)
-- Reads: staged Parquet
select
    quarter,
    quarter_no,
    table_name,
    member,
    era,
    physical_lines,
    header_lines,
    blank_lines,
    splits,
    joins,
    staged,
    rejected
from source.accounting
