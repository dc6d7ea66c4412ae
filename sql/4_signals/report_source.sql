-- Kind: table
-- Title: Where each report exposed to a drug comes from: country, sender, article, kind of reporter
-- Grain: (quarter_no, primaryid, caseid); every version that ever counted in comparator A
-- Reads: counts.exposed_member, cases.sighting, staged.demo, cohort.stated_country, codelists.reporter
-- Source: docs/signals.md, "Eligible" and "Concentration". A country is that of the occurrence, else of the reporter;
--   a text that names none is no country. An article is compared by its last 100 letters and digits, as for duplicates.
with exposed as (
    select distinct
        member.quarter_no,
        member.primaryid,
        member.caseid
    from counts.exposed_member as member
    where member.comparator = 'A'
)

select
    exposed.quarter_no,
    exposed.primaryid,
    exposed.caseid,
    country.iso2 as country,
    nullif(upper(trim(demo.mfr_sndr)), '') as sender,
    nullif(right(macros.key_text(demo.lit_ref), 100), '') as literature,
    coalesce(reporter.is_professional = 'Y', false) as is_professional
from exposed
inner join cases.sighting as sighting
    on
        exposed.quarter_no = sighting.quarter_no
        and exposed.primaryid = sighting.primaryid
        and exposed.caseid = sighting.caseid
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
