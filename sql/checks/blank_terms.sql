-- Severity: block
-- Title: too many reactions of a quarter have no term, so their reports would fall out; land the archive again
select
    column_quarter.quarter,
    column_quarter.table_name,
    column_quarter.column_name,
    column_quarter.n_blank,
    column_quarter.n_rows
from counts.column_quarter as column_quarter
cross join gates.bound as bound
where
    column_quarter.table_name = 'reac'
    and column_quarter.column_name = 'pt'
    and column_quarter.n_rows >= bound.rows_min
    and column_quarter.n_blank > bound.blank_text_share * column_quarter.n_rows
