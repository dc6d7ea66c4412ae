-- Severity: block for fda
-- Title: many roles or outcomes are no documented code: exposed or serious reports would be missed; look at the values
select
    code_quarter.quarter,
    code_quarter.table_name,
    code_quarter.column_name,
    cast(sum(code_quarter.n_rows) as bigint) as n_unknown,
    code_quarter.n_filled,
    string_agg(code_quarter.value, ', ' order by code_quarter.value) as unknown_values
from counts.code_quarter as code_quarter
cross join gates.bound as bound
where
    code_quarter.column_name in ('role_cod', 'outc_cod')
    and not code_quarter.is_documented
group by
    code_quarter.quarter,
    code_quarter.table_name,
    code_quarter.column_name,
    code_quarter.n_filled,
    bound.rows_min,
    bound.unknown_code_share
having
    code_quarter.n_filled >= bound.rows_min
    and sum(code_quarter.n_rows) > bound.unknown_code_share * code_quarter.n_filled
