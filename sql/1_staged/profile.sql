-- Kind: view
-- Title: Rows without a value (NULL or white space) in each staged column
-- Grain: (quarter, table_name, column_name)
-- Reads: staged Parquet
select
    quarter,
    quarter_no,
    table_name,
    column_name,
    n_rows,
    n_blank
from source.profile
