-- Kind: view
-- Title: Groups of reports from which every variant is added up: all, of a drug, of a reference pattern, of both
-- Grain: (role_set, report_group, drug, pattern, quarter_no, primaryid, caseid)
-- Reads: cohort.report_stratum, cohort.role_exposure, cohort.reference_pattern, codelists.drug_member
-- Source: docs/variants.md; comparator C of a drug is the drug plus its reference minus those of both
with drug as (
    select distinct
        exposure.role_set,
        drug_member.drug,
        exposure.quarter_no,
        exposure.primaryid,
        exposure.caseid,
        exposure.stratum_no
    from cohort.role_exposure as exposure
    inner join codelists.drug_member as drug_member
        on exposure.therapy = drug_member.therapy
)

select
    '' as role_set,
    'all' as report_group,
    '' as drug,
    '' as pattern,
    report.quarter_no,
    report.primaryid,
    report.caseid,
    report.stratum_no
from cohort.report_stratum as report
union all
select
    drug.role_set,
    'drug' as report_group,
    drug.drug,
    '' as pattern,
    drug.quarter_no,
    drug.primaryid,
    drug.caseid,
    drug.stratum_no
from drug
union all
select
    reference.role_set,
    'reference' as report_group,
    '' as drug,
    reference.pattern,
    reference.quarter_no,
    reference.primaryid,
    reference.caseid,
    reference.stratum_no
from cohort.reference_pattern as reference
union all
select
    drug.role_set,
    'both' as report_group,
    drug.drug,
    reference.pattern,
    drug.quarter_no,
    drug.primaryid,
    drug.caseid,
    drug.stratum_no
from drug
inner join cohort.reference_pattern as reference
    on
        drug.role_set = reference.role_set
        and drug.quarter_no = reference.quarter_no
        and drug.primaryid = reference.primaryid
        and drug.caseid = reference.caseid
