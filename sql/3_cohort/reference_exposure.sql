-- Kind: table
-- Title: Reports exposed to a therapy of a reference, whether it is scored itself or only compared with
-- Grain: (therapy, quarter_no, primaryid)
-- Reads: cohort.therapy_record, cohort.report, codelists.reference_member, analysis.role
select distinct
    therapy_record.therapy,
    therapy_record.quarter_no,
    therapy_record.primaryid
from cohort.therapy_record as therapy_record
inner join analysis.role as role
    on therapy_record.role_cod = role.role_cod
where
    therapy_record.is_admitted
    and exists (
        select 1
        from codelists.reference_member as reference_member
        where reference_member.therapy = therapy_record.therapy
    )
    and exists (
        select 1
        from cohort.report as report
        where
            report.quarter_no = therapy_record.quarter_no
            and report.primaryid = therapy_record.primaryid
    )
