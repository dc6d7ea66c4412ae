-- Kind: table
-- Title: Country of a report from its two fields: where the event occurred if that is a country, else the reporter's
-- Grain: (occr_country, reporter_country)
-- Reads: staged.demo, codelists.country
-- Source: docs/cohort.md, "Country". A placeholder in the first field does not hide the second.
with stated as (
    select distinct
        demo.occr_country,
        demo.reporter_country
    from staged.demo as demo
)

select
    stated.occr_country,
    stated.reporter_country,
    coalesce(occurred.iso2, reported.iso2) as iso2,
    coalesce(occurred.region, reported.region) as region,
    case
        when occurred.iso2 is null and reported.iso2 is not null then stated.reporter_country
        else coalesce(stated.occr_country, stated.reporter_country)
    end as country_text
from stated
left join codelists.country as occurred
    on upper(stated.occr_country) = occurred.text
left join codelists.country as reported
    on upper(stated.reporter_country) = reported.text
