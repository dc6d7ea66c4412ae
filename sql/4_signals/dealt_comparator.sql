-- Kind: view
-- Title: Whose comparator C each report that counts now belongs to, exposed or as the reference
-- Grain: (report_no, drug)
-- Reads: cohort.current_report, cohort.comparator_c
-- Source: docs/signals.md, "Error budget"
select
    report.report_no,
    comparator_c.drug,
    comparator_c.is_exposed
from cohort.comparator_c as comparator_c
inner join cohort.current_report as report
    on
        comparator_c.quarter_no = report.quarter_no
        and comparator_c.primaryid = report.primaryid
        and comparator_c.caseid = report.caseid
