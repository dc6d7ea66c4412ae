-- Kind: table
-- Title: Substances that names of drugs are mapped to, numbered
-- Grain: substance_no; substance
-- Reads: cohort.name_substance
-- Source: docs/cohort.md, "Drug names to substances"
with named as (
    select distinct name_substance.substance
    from cohort.name_substance as name_substance
    where name_substance.substance is not null
)

select
    substance,
    cast(row_number() over (order by substance asc) as integer) as substance_no
from named
