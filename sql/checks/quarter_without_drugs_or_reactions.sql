-- Severity: block
-- Title: DRUG or REAC of a quarter holds no row, so all its reports would fall out; land the archive again
select
    quarter.quarter,
    quarter.table_name,
    quarter.staged
from counts.quarter as quarter
where
    quarter.table_name in ('drug', 'reac')
    and quarter.staged = 0
