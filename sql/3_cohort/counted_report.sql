-- Kind: table
-- Title: When each report of the population counts, in each variant
-- Grain: (variant, quarter_no, primaryid, caseid, known_from); the intervals of a report do not meet
-- Reads: cohort.report, cases.counted, cases.held_quarter, analysis.variant
-- Source: docs/duplicates.md. The one place where a variant chooses its reports. A variant that is made at the latest
--   quarter only needs the reports that count then or did in the quarter before.
with latest as (
    select max(held_quarter.quarter_no) as quarter_no
    from cases.held_quarter as held_quarter
),

interval_of as (
    select
        'left_out' as suspected_duplicates,
        counted.quarter_no,
        counted.primaryid,
        counted.caseid,
        counted.known_from,
        counted.known_until
    from cases.counted as counted
    union all
    select
        'counted' as suspected_duplicates,
        report.quarter_no,
        report.primaryid,
        report.caseid,
        report.known_from,
        report.known_until
    from cohort.report as report
)

select
    variant.variant,
    report.quarter_no,
    report.primaryid,
    report.caseid,
    interval_of.known_from,
    interval_of.known_until,
    report.is_ms
from analysis.variant as variant
inner join interval_of
    on variant.suspected_duplicates = interval_of.suspected_duplicates
inner join cohort.report as report
    on
        interval_of.quarter_no = report.quarter_no
        and interval_of.primaryid = report.primaryid
        and interval_of.caseid = report.caseid
cross join latest
where
    variant.is_every_quarter
    or interval_of.known_until is null
    or interval_of.known_until >= latest.quarter_no
