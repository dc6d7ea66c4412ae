-- Severity: block
-- Title: an event name stands at two levels; names are keys
select
    event.event,
    count(*) as n_levels
from cohort.event as event
group by event.event
having count(*) > 1
