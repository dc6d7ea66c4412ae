-- Kind: table
-- Title: What is known of each report that counts now or would but for a suspected duplicate
-- Grain: (quarter_no, primaryid, caseid)
-- Reads: cohort.report, cases.sighting, cases.suspected_duplicate, staged.demo, staged.outc, cohort.therapy_record,
--   cohort.drug_start, cohort.stated_country, codelists.reporter
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
    duplicate.caseid is not null as is_suspected_duplicate,
    case reporter.is_professional when 'Y' then 'professional' when 'N' then 'consumer' else 'unknown' end as reporter,
    case demo.sex when 'F' then 'female' when 'M' then 'male' else 'unknown' end as sex,
    case
        when demo.age_years < 18e0 then '0-17'
        when demo.age_years < 30e0 then '18-29'
        when demo.age_years < 40e0 then '30-39'
        when demo.age_years < 50e0 then '40-49'
        when demo.age_years < 60e0 then '50-59'
        when demo.age_years < 70e0 then '60-69'
        when demo.age_years >= 70e0 then '70+'
        else 'unknown'
    end as age_band,
    case
        when country.iso2 = 'US' then 'us'
        when country.region = 'Europe' then 'europe'
        when country.iso2 is not null then 'elsewhere'
        else 'unknown'
    end as region,
    case when serious.primaryid is not null then 'serious' else 'not_serious' end as seriousness,
    case
        when therapy.n_therapies is null then 'none'
        when therapy.n_therapies = 1 then 'one'
        else 'several'
    end as therapies
from cohort.report as report
inner join cases.sighting as sighting
    on
        report.quarter_no = sighting.quarter_no
        and report.primaryid = sighting.primaryid
        and report.caseid = sighting.caseid
inner join staged.demo as demo
    on
        sighting.quarter_no = demo.quarter_no
        and sighting.line = demo.line
        and sighting.primaryid = demo.primaryid
        and sighting.caseid = demo.caseid
inner join started
    on report.received_date = started.received_date
left join cases.suspected_duplicate as duplicate
    on
        report.quarter_no = duplicate.quarter_no
        and report.primaryid = duplicate.primaryid
        and report.caseid = duplicate.caseid
left join cohort.stated_country as country
    on
        demo.occr_country is not distinct from country.occr_country
        and demo.reporter_country is not distinct from country.reporter_country
left join codelists.reporter as reporter
    on demo.occp_cod = reporter.occp_cod
left join serious
    on
        report.quarter_no = serious.quarter_no
        and report.primaryid = serious.primaryid
left join therapy
    on
        report.quarter_no = therapy.quarter_no
        and report.primaryid = therapy.primaryid
where report.known_until is null
