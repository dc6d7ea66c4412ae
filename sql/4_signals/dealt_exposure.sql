-- Kind: view
-- Title: Scored drugs and classes of each report that counts now
-- Grain: (report_no, drug)
-- Reads: cohort.current_report, cohort.exposure
-- Source: docs/signals.md, "Error budget"
select
    report.report_no,
    exposure.drug
from cohort.exposure as exposure
inner join cohort.current_report as report
    on
        exposure.quarter_no = report.quarter_no
        and exposure.primaryid = report.primaryid
