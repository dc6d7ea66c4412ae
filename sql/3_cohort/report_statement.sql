-- Kind: table
-- Title: What each version that once was current states of its reporter, the person, the region and the event's date
-- Grain: (quarter_no, primaryid, caseid)
-- Reads: cohort.report, cases.sighting, staged.demo, cohort.stated_country, codelists.reporter
-- Source: docs/variants.md. What is not stated is the value unknown, so that strata add up to the whole; the date of
--   the event is NULL then.
select
    report.quarter_no,
    report.primaryid,
    report.caseid,
    demo.event_date,
    demo.event_date_precision,
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
    end as region
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
left join cohort.stated_country as country
    on
        demo.occr_country is not distinct from country.occr_country
        and demo.reporter_country is not distinct from country.reporter_country
left join codelists.reporter as reporter
    on demo.occp_cod = reporter.occp_cod
