-- Kind: view
-- Title: Rows of each value of the columns that hold documented codes
-- Grain: (quarter, table_name, column_name, value)
-- Reads: staged Parquet
select
    quarter,
    quarter_no,
    table_name,
    column_name,
    value,
    n_rows
from source.code_value
