-- Kind: table
-- Title: When each report of the population counts: its own interval without the times in which it is a duplicate
-- Grain: (quarter_no, primaryid, caseid, known_from); the intervals of a report do not meet
-- Reads: cohort.report, cases.counted
-- Source: docs/duplicates.md; the primary variant, at every quarter
select
    report.quarter_no,
    report.primaryid,
    report.caseid,
    counted.known_from,
    counted.known_until,
    report.is_ms
from cases.counted as counted
inner join cohort.report as report
    on
        counted.quarter_no = report.quarter_no
        and counted.primaryid = report.primaryid
        and counted.caseid = report.caseid
