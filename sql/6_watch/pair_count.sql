-- Kind: table
-- Title: Cases of each therapy with each event, with any event, and of all, by window of first receipt
-- Grain: (drug, event_level, event, window_no)
-- Reads: watch.received_case, watch.exposure, watch.incident_event
select
    exposure.drug,
    incident_event.event_level,
    incident_event.event,
    exposure.window_no,
    count(distinct exposure.caseid) as n_cases
from watch.exposure as exposure
inner join watch.incident_event as incident_event
    on exposure.caseid = incident_event.caseid
group by exposure.drug, incident_event.event_level, incident_event.event, exposure.window_no
union all
select
    exposure.drug,
    'all' as event_level,
    'all events' as event,
    exposure.window_no,
    count(distinct exposure.caseid) as n_cases
from watch.exposure as exposure
group by exposure.drug, exposure.window_no
union all
select
    'all reports' as drug,
    'all' as event_level,
    'all events' as event,
    received_case.window_no,
    count(distinct received_case.caseid) as n_cases
from watch.received_case as received_case
group by received_case.window_no
