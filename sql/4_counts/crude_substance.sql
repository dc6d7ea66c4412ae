-- Kind: table
-- Title: Reports of the whole database that name a substance as suspect
-- Grain: substance_no; a substance without a report has no row
-- Reads: cohort.suspect_substance, cohort.substance
-- Source: docs/statistics.md, "Pairs of the whole database"; latest quarter
with named as (
    select
        suspect.substance_no,
        count(*) as n_drug
    from cohort.suspect_substance as suspect
    group by suspect.substance_no
)

select
    named.substance_no,
    substance.substance,
    named.n_drug
from named
inner join cohort.substance as substance
    on named.substance_no = substance.substance_no
