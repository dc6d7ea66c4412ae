-- Kind: table
-- Title: Reports that count now with a therapy of the list, by each set of roles that a variant admits
-- Grain: (role_set, therapy, quarter_no, primaryid, caseid)
-- Reads: cohort.therapy_record, cohort.report_stratum, analysis.role_set
select distinct
    role_set.role_set,
    record.therapy,
    report.quarter_no,
    report.primaryid,
    report.caseid,
    report.stratum_no
from cohort.therapy_record as record
inner join analysis.role_set as role_set
    on record.role_cod = role_set.role_cod
inner join cohort.report_stratum as report
    on
        record.quarter_no = report.quarter_no
        and record.primaryid = report.primaryid
where record.is_admitted
