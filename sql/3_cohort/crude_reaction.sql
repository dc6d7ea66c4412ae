-- Kind: table
-- Title: Preferred terms of the reports that count now, numbered; no rule leaves any out
-- Grain: (report_no, event_no)
-- Reads: staged.reac, cohort.current_report, cohort.crude_event
-- Source: docs/statistics.md, "Pairs of the whole database"
select distinct
    report.report_no,
    term.event_no
from staged.reac as reac
inner join cohort.crude_event as term
    on
        reac.pt_term = term.event
        and term.event_level = 'pt'
inner join cohort.current_report as report
    on
        reac.quarter_no = report.quarter_no
        and reac.primaryid = report.primaryid
