-- Kind: table
-- Title: Reports exposed to a scored therapy or class, in an admitted role and by the product rule
-- Grain: (drug, quarter_no, primaryid)
-- Reads: cohort.therapy_record, cohort.report, codelists.drug_member, analysis.role
select distinct
    drug_member.drug_level,
    drug_member.drug,
    therapy_record.quarter_no,
    therapy_record.primaryid
from cohort.therapy_record as therapy_record
inner join codelists.drug_member as drug_member
    on therapy_record.therapy = drug_member.therapy
inner join analysis.role as role
    on therapy_record.role_cod = role.role_cod
where
    therapy_record.is_admitted
    and exists (
        select 1
        from cohort.report as report
        where
            report.quarter_no = therapy_record.quarter_no
            and report.primaryid = therapy_record.primaryid
    )
