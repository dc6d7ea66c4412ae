-- Severity: note
-- Title: rows that could not be read; see api.rejects
select
    reject.quarter,
    reject.member,
    count(*) as n_rows
from counts.reject as reject
group by reject.quarter, reject.member
