-- Kind: table
-- Title: What is known of each report that counts now or would but for a suspected duplicate
-- Grain: (quarter_no, primaryid, caseid)
-- Reads: cohort.report, cohort.report_statement, cases.suspected_duplicate, staged.outc, cohort.therapy_record,
--   cohort.drug_start
-- Source: docs/variants.md. What is missing is a value of its own, so strata add up to the whole.
with serious as (
    select distinct
        outc.quarter_no,
        outc.primaryid
    from staged.outc as outc
    where outc.outc_cod is not null
),

therapy as (
    select
        record.quarter_no,
        record.primaryid,
        count(distinct record.therapy) as n_therapies
    from cohort.therapy_record as record
    where
        record.is_admitted
        -- DN, drug not administered, is no therapy of the patient.
        and record.role_cod in ('PS', 'SS', 'C', 'I')
    group by record.quarter_no, record.primaryid
),

received as (
    select distinct report.received_date
    from cohort.report as report
),

started as (
    select
        received.received_date,
        count(drug_start.drug) as n_starts
    from received
    left join cohort.drug_start as drug_start
        on received.received_date >= drug_start.start_date
    group by received.received_date
)

select
    report.quarter_no,
    report.primaryid,
    report.caseid,
    report.is_ms,
    report.received_year,
    started.n_starts,
    statement.reporter,
    statement.sex,
    statement.age_band,
    statement.region,
    duplicate.caseid is not null as is_suspected_duplicate,
    case when serious.primaryid is not null then 'serious' else 'not_serious' end as seriousness,
    case
        when therapy.n_therapies is null then 'none'
        when therapy.n_therapies = 1 then 'one'
        else 'several'
    end as therapies
from cohort.report as report
inner join cohort.report_statement as statement
    on
        report.quarter_no = statement.quarter_no
        and report.primaryid = statement.primaryid
        and report.caseid = statement.caseid
inner join started
    on report.received_date = started.received_date
left join cases.suspected_duplicate as duplicate
    on
        report.quarter_no = duplicate.quarter_no
        and report.primaryid = duplicate.primaryid
        and report.caseid = duplicate.caseid
left join serious
    on
        report.quarter_no = serious.quarter_no
        and report.primaryid = serious.primaryid
left join therapy
    on
        report.quarter_no = therapy.quarter_no
        and report.primaryid = therapy.primaryid
where report.known_until is null
