-- Kind: table
-- Title: Reports that count now, numbered: what is counted over the whole database joins on the small number
-- Grain: report_no; (quarter_no, primaryid, caseid)
-- Reads: cohort.counted_report
-- Source: latest quarter, suspected duplicates are out; the number means nothing outside one build
select
    report.quarter_no,
    report.primaryid,
    report.caseid,
    report.entry_quarter_no,
    cast(
        row_number() over (
            order by
                report.quarter_no asc,
                report.primaryid asc,
                report.caseid asc
        ) as integer
    ) as report_no
from cohort.counted_report as report
where report.known_until is null
