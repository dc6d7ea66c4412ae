-- Kind: table
-- Title: Reports with an event after the indication rule; litigated ones are marked, not dropped
-- Grain: (event_level, event, quarter_no, primaryid, caseid)
-- Reads: cohort.reported_term, cohort.event, cohort.report, cohort.litigated_report,
--   cohort.event_member
with included as (
    select distinct
        event.event_level,
        event.event,
        event.litigation_set,
        report.quarter_no,
        report.primaryid,
        report.caseid
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
)

select
    included.event_level,
    included.event,
    included.quarter_no,
    included.primaryid,
    included.caseid,
    litigated_report.primaryid is not null as is_litigated
from included
left join cohort.litigated_report as litigated_report
    on
        included.litigation_set = litigated_report.litigation_set
        and included.quarter_no = litigated_report.quarter_no
        and included.primaryid = litigated_report.primaryid
        and included.caseid = litigated_report.caseid
