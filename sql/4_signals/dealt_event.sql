-- Kind: view
-- Title: Groups and supergroups of each report that counts now, without those that it leaves as litigated
-- Grain: (report_no, event_level, event)
-- Reads: cohort.current_report, cohort.outcome
-- Source: docs/signals.md, "Error budget"
select
    report.report_no,
    outcome.event_level,
    outcome.event
from cohort.outcome as outcome
inner join cohort.current_report as report
    on
        outcome.quarter_no = report.quarter_no
        and outcome.primaryid = report.primaryid
        and outcome.caseid = report.caseid
where
    outcome.event_level in ('group', 'supergroup')
    and not outcome.is_litigated
