-- Severity: note
-- Title: reports that have no row in DRUG or none in REAC; they are outside every comparator
select
    held.quarter,
    childless.table_name,
    count(*) as n_reports
from counts.childless as childless
inner join cases.held_quarter as held
    on childless.quarter_no = held.quarter_no
group by held.quarter, childless.table_name
