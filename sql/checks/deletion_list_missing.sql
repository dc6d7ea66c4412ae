-- Severity: block for fda
-- Title: no list of deleted cases, or an empty one, from 2019q1 on: withdrawn cases would count; land the archive again
select
    held.quarter,
    'deleted' as table_name,
    coalesce(table_quarter.n_rows, 0) as n_rows
from cases.held_quarter as held
cross join gates.bound as bound
left join counts.table_quarter as table_quarter
    on
        held.quarter_no = table_quarter.quarter_no
        and table_quarter.table_name = 'deleted'
where
    held.quarter_no >= bound.first_deletion_list
    and coalesce(table_quarter.n_rows, 0) = 0
