-- Severity: block for fda
-- Title: too many rows of a table lack the text that they are there for; land the archive again
select
    column_quarter.quarter,
    column_quarter.table_name,
    column_quarter.column_name,
    column_quarter.n_blank,
    column_quarter.n_rows
from counts.column_quarter as column_quarter
cross join gates.bound as bound
where
    column_quarter.column_name in ('drugname', 'role_cod', 'indi_pt', 'outc_cod')
    and column_quarter.n_rows >= bound.rows_min
    and column_quarter.n_blank > bound.blank_text_share * column_quarter.n_rows
