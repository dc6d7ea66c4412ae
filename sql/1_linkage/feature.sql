-- Kind: view
-- Title: What is compared of each sighting that names a drug and a reaction
-- Grain: (quarter_no, primaryid); sighting_id is that key as one number
-- Reads: cases.sighting, staged.demo, linkage.drug_set, linkage.term_set, codelists.country
-- Source: docs/duplicates.md. NULL is unknown and never agrees. A direct report has no control number of a company:
--   the FDA does not link direct reports to company reports (FAQ). A control number has four digits at least, a
--   citation twenty letters; the last hundred are kept, because the FDA keeps the end of a long one. Imputed and
--   rounded dates heap on the first of a month: such a day is a rounded one, another an exact one.
with known as (
    select
        sighting.quarter_no,
        sighting.primaryid,
        sighting.caseid,
        demo.event_date,
        demo.event_date_precision,
        demo.age_years,
        demo.sex,
        demo.rept_cod,
        coalesce(demo.occr_country, demo.reporter_country) as country_text,
        macros.key_text(demo.mfr_num) as control_text,
        macros.key_text(demo.mfr_sndr) as sender_text,
        right(macros.key_text(demo.lit_ref), 100) as literature_text
    from cases.sighting as sighting
    inner join staged.demo as demo
        on
            sighting.quarter_no = demo.quarter_no
            and sighting.line = demo.line
)

select
    known.quarter_no,
    known.primaryid,
    known.caseid,
    known.age_years,
    country.iso2 as country,
    drug_set.substance_set,
    drug_set.name_set,
    drug_set.substances,
    drug_set.names,
    term_set.term_set,
    term_set.terms,
    cast(floor(known.age_years) as integer) as age_whole,
    known.quarter_no * 10000000000000 + known.primaryid as sighting_id,
    case when known.event_date_precision = 'day' then known.event_date end as event_day,
    case
        when known.event_date_precision = 'day' and day(known.event_date) > 1 then known.event_date
    end as exact_day,
    case
        when known.event_date_precision = 'day' and day(known.event_date) = 1 then known.event_date
    end as rounded_day,
    case
        when known.event_date_precision in ('day', 'month')
            then 100 * year(known.event_date) + month(known.event_date)
    end as event_month,
    year(known.event_date) as event_year,
    case when known.sex in ('F', 'M') then known.sex end as sex,
    case
        when coalesce(known.rept_cod, '') <> 'DIR' and regexp_matches(known.control_text, '[0-9]{4}')
            then known.control_text
    end as control_number,
    nullif(known.sender_text, '') as sender,
    case when length(known.literature_text) >= 20 then known.literature_text end as literature
from known
inner join linkage.drug_set as drug_set
    on
        known.quarter_no = drug_set.quarter_no
        and known.primaryid = drug_set.primaryid
inner join linkage.term_set as term_set
    on
        known.quarter_no = term_set.quarter_no
        and known.primaryid = term_set.primaryid
left join codelists.country as country
    on upper(known.country_text) = country.text
