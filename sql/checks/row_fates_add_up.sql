-- Severity: block
-- Title: the fates of a quarter's DEMO rows do not add up to the rows staged; the attrition is wrong
with told as (
    select
        row_fate.quarter,
        sum(row_fate.n_rows) as n_rows
    from counts.row_fate as row_fate
    group by row_fate.quarter
)

select
    quarter.quarter,
    quarter.staged,
    coalesce(told.n_rows, 0) as n_told
from counts.quarter as quarter
left join told
    on quarter.quarter = told.quarter
where
    quarter.table_name = 'demo'
    and quarter.staged <> coalesce(told.n_rows, 0)
