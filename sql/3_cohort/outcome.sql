-- Kind: view
-- Title: Reports with an event after the indication rule; litigated ones are marked, not dropped
-- Grain: (event_level, event, quarter_no, primaryid, caseid)
-- Reads: cohort.reported_event
select
    reported_event.event_level,
    reported_event.event,
    reported_event.quarter_no,
    reported_event.primaryid,
    reported_event.caseid,
    reported_event.is_litigated
from cohort.reported_event as reported_event
where reported_event.event_use <> 'left_out'
