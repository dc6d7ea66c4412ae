-- Kind: table
-- Title: Population of comparator C for each drug: its own reports and those of its reference
-- Grain: (drug, quarter_no, primaryid, caseid)
-- Reads: cohort.exposure, cohort.reference_exposure, cohort.report, cohort.drug_start, codelists.reference_member
-- Source: active comparator; a report with both belongs to the drug. The start of the drug is carried through the
--   grouping: joined beside the reports it is compared with every one of them before their keys are
with referred as (
    select
        reference_member.drug,
        exposure.quarter_no,
        exposure.primaryid,
        false as is_exposed
    from codelists.reference_member as reference_member
    inner join cohort.reference_exposure as exposure
        on reference_member.therapy = exposure.therapy
),

own as (
    select
        exposure.drug,
        exposure.quarter_no,
        exposure.primaryid,
        true as is_exposed
    from cohort.exposure as exposure
    where exists (
        select 1
        from codelists.reference_member as reference_member
        where reference_member.drug = exposure.drug
    )
),

either as (
    select
        referred.drug,
        referred.quarter_no,
        referred.primaryid,
        referred.is_exposed
    from referred
    union all
    select
        own.drug,
        own.quarter_no,
        own.primaryid,
        own.is_exposed
    from own
),

candidate as (
    select
        either.drug,
        either.quarter_no,
        either.primaryid,
        bool_or(either.is_exposed) as is_exposed,
        min(drug_start.start_date) as start_date
    from either
    inner join cohort.drug_start as drug_start
        on either.drug = drug_start.drug
    group by either.drug, either.quarter_no, either.primaryid
)

select
    candidate.drug,
    report.quarter_no,
    report.primaryid,
    report.caseid,
    candidate.is_exposed
from candidate
inner join cohort.report as report
    on
        candidate.quarter_no = report.quarter_no
        and candidate.primaryid = report.primaryid
where report.received_date >= candidate.start_date
