-- Kind: view
-- Title: Case numbers that the FDA withdrew with a quarter
-- Grain: line of a deletion list (quarter, member, line)
-- Reads: staged Parquet
select
    quarter,
    quarter_no,
    member,
    line,
    caseid
from source.deleted
