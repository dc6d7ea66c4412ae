-- Kind: view
-- Title: Reports exposed to a drug, in each comparator's population
-- Grain: (comparator, drug, quarter_no, primaryid, caseid, known_from)
-- Reads: cohort.exposure, cohort.counted_report, cohort.comparator_c
select
    'A' as comparator,
    exposure.drug_level,
    exposure.drug,
    report.quarter_no,
    report.primaryid,
    report.caseid,
    report.known_from,
    report.known_until,
    report.received_year,
    report.entry_quarter_no
from cohort.exposure as exposure
inner join cohort.counted_report as report
    on
        exposure.quarter_no = report.quarter_no
        and exposure.primaryid = report.primaryid
union all
select
    'B' as comparator,
    exposure.drug_level,
    exposure.drug,
    report.quarter_no,
    report.primaryid,
    report.caseid,
    report.known_from,
    report.known_until,
    report.received_year,
    report.entry_quarter_no
from cohort.exposure as exposure
inner join cohort.counted_report as report
    on
        exposure.quarter_no = report.quarter_no
        and exposure.primaryid = report.primaryid
where report.is_ms
union all
select
    'C' as comparator,
    exposure.drug_level,
    exposure.drug,
    report.quarter_no,
    report.primaryid,
    report.caseid,
    report.known_from,
    report.known_until,
    report.received_year,
    report.entry_quarter_no
from cohort.exposure as exposure
inner join cohort.comparator_c as comparator_c
    on
        exposure.drug = comparator_c.drug
        and exposure.quarter_no = comparator_c.quarter_no
        and exposure.primaryid = comparator_c.primaryid
inner join cohort.counted_report as report
    on
        comparator_c.quarter_no = report.quarter_no
        and comparator_c.primaryid = report.primaryid
        and comparator_c.caseid = report.caseid
