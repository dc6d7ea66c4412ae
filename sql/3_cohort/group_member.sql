-- Kind: view
-- Title: Groups of reports from which every variant is added up: all, of a drug, of a reference, of both
-- Grain: (role_set, report_group, drug, reference_set, quarter_no, primaryid, caseid)
-- Reads: cohort.report_stratum, cohort.role_exposure, cohort.reference_use, codelists.drug_member,
--   analysis.reference_set
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
),

used as (
    select distinct
        reference_use.role_set,
        reference_use.reference_set
    from cohort.reference_use as reference_use
),

reference as (
    select distinct
        exposure.role_set,
        used.reference_set,
        exposure.quarter_no,
        exposure.primaryid,
        exposure.caseid,
        exposure.stratum_no
    from cohort.role_exposure as exposure
    inner join analysis.reference_set as reference_set
        on exposure.therapy = reference_set.therapy
    inner join used
        on
            exposure.role_set = used.role_set
            and reference_set.reference_set = used.reference_set
)

select
    '' as role_set,
    'all' as report_group,
    '' as drug,
    '' as reference_set,
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
    '' as reference_set,
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
    reference.reference_set,
    reference.quarter_no,
    reference.primaryid,
    reference.caseid,
    reference.stratum_no
from reference
union all
select
    drug.role_set,
    'both' as report_group,
    drug.drug,
    reference.reference_set,
    drug.quarter_no,
    drug.primaryid,
    drug.caseid,
    drug.stratum_no
from drug
inner join cohort.reference_use as reference_use
    on
        drug.role_set = reference_use.role_set
        and drug.drug = reference_use.drug
inner join reference
    on
        reference_use.role_set = reference.role_set
        and reference_use.reference_set = reference.reference_set
        and drug.quarter_no = reference.quarter_no
        and drug.primaryid = reference.primaryid
        and drug.caseid = reference.caseid
