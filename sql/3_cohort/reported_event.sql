-- Kind: table
-- Title: Reports with an event, whatever the indication rule says of it; litigated ones are marked, not dropped
-- Grain: (event_level, event, quarter_no, primaryid, caseid)
-- Reads: cohort.reported_term, cohort.event, cohort.report, cohort.litigated_report, cohort.event_member
-- Source: docs/variants.md; one counted term makes the event counted, else one treated term makes it treated
with reported as (
    select
        event.event_level,
        event.event,
        event.litigation_set,
        report.quarter_no,
        report.primaryid,
        report.caseid,
        case
            when bool_or(reported.event_use = 'counted') then 'counted'
            when bool_or(reported.event_use = 'treated') then 'treated'
            else 'left_out'
        end as event_use
    from cohort.reported_term as reported
    inner join cohort.event_member as event_term
        on reported.term = event_term.term
    inner join cohort.event as event
        on
            event_term.event_level = event.event_level
            and event_term.event = event.event
    inner join cohort.report as report
        on
            reported.quarter_no = report.quarter_no
            and reported.primaryid = report.primaryid
    group by
        event.event_level,
        event.event,
        event.litigation_set,
        report.quarter_no,
        report.primaryid,
        report.caseid
)

select
    reported.event_level,
    reported.event,
    reported.quarter_no,
    reported.primaryid,
    reported.caseid,
    reported.event_use,
    reported.litigation_set,
    litigated_report.primaryid is not null as is_litigated
from reported
left join cohort.litigated_report as litigated_report
    on
        reported.litigation_set = litigated_report.litigation_set
        and reported.quarter_no = litigated_report.quarter_no
        and reported.primaryid = litigated_report.primaryid
        and reported.caseid = litigated_report.caseid
