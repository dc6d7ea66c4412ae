-- Kind: view
-- Title: Who is in each comparator's population before litigation
-- Grain: (comparator, drug, quarter_no, primaryid, caseid, known_from); drug is '' in A and B
-- Reads: cohort.counted_report, cohort.comparator_c
-- Source: README, "Three comparators"
select
    'A' as comparator,
    '' as drug,
    report.quarter_no,
    report.primaryid,
    report.caseid,
    report.known_from,
    report.known_until,
    report.received_year,
    report.entry_quarter_no
from cohort.counted_report as report
union all
select
    'B' as comparator,
    '' as drug,
    report.quarter_no,
    report.primaryid,
    report.caseid,
    report.known_from,
    report.known_until,
    report.received_year,
    report.entry_quarter_no
from cohort.counted_report as report
where report.is_ms
union all
select
    'C' as comparator,
    comparator_c.drug,
    report.quarter_no,
    report.primaryid,
    report.caseid,
    report.known_from,
    report.known_until,
    report.received_year,
    report.entry_quarter_no
from cohort.comparator_c as comparator_c
inner join cohort.counted_report as report
    on
        comparator_c.quarter_no = report.quarter_no
        and comparator_c.primaryid = report.primaryid
        and comparator_c.caseid = report.caseid
