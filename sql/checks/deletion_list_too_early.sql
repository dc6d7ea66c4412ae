-- Severity: note
-- Title: a list of deleted cases before 2019q1, where the FDA gave none; it is used, look at where it is from
select
    table_quarter.quarter,
    table_quarter.table_name,
    table_quarter.n_rows
from counts.table_quarter as table_quarter
cross join gates.bound as bound
where
    table_quarter.table_name = 'deleted'
    and table_quarter.quarter_no < bound.first_deletion_list
