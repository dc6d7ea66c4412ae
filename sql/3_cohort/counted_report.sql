-- Kind: table
-- Title: When each report of the population counts: its own interval without the times in which it is a duplicate
-- Grain: (quarter_no, primaryid, caseid, known_from); the intervals of a report do not meet
-- Reads: cohort.report, cases.counted
-- Source: docs/duplicates.md; the primary variant, at every quarter. entry_quarter_no is the quarter in which the
--   case first counted, with any of its versions; evidence of later quarters cannot move it.
with counted_version as (
    select
        report.quarter_no,
        report.primaryid,
        report.caseid,
        counted.known_from,
        counted.known_until,
        report.is_ms,
        report.received_year
    from cases.counted as counted
    inner join cohort.report as report
        on
            counted.quarter_no = report.quarter_no
            and counted.primaryid = report.primaryid
            and counted.caseid = report.caseid
),

entry as (
    select
        counted_version.caseid,
        min(counted_version.known_from) as entry_quarter_no
    from counted_version
    group by counted_version.caseid
)

select
    counted_version.quarter_no,
    counted_version.primaryid,
    counted_version.caseid,
    counted_version.known_from,
    counted_version.known_until,
    counted_version.is_ms,
    counted_version.received_year,
    entry.entry_quarter_no
from counted_version
inner join entry
    on counted_version.caseid = entry.caseid
