-- Severity: note
-- Title: values of a coded column not documented, or not for the quarter; staged as they are, see faers_codes.csv
select
    code_quarter.quarter,
    code_quarter.table_name,
    code_quarter.column_name,
    code_quarter.value,
    code_quarter.n_rows,
    code_quarter.why
from counts.code_quarter as code_quarter
where code_quarter.why is not null
