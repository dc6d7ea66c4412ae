-- Kind: table
-- Title: Each pair of drug name and active ingredient with the hashes of what is compared
-- Grain: (drugname, prod_ai)
-- Reads: staged.drug
-- Source: a substance is prod_ai, a name is drugname, each the other where it is missing (prod_ai: before 2014q3
--   always, later in 2.6 % of rows). Hashed once per distinct text: md5 is the same in every version of DuckDB.
with distinct_name as (
    select distinct
        drug.drugname,
        drug.prod_ai
    from staged.drug as drug
),

normalised as (
    select
        distinct_name.drugname,
        distinct_name.prod_ai,
        macros.normal_name(distinct_name.drugname) as as_name,
        macros.normal_name(distinct_name.prod_ai) as as_substance
    from distinct_name
)

select
    drugname,
    prod_ai,
    md5_number_lower(coalesce(as_substance, as_name)) as substance,
    md5_number_lower(coalesce(as_name, as_substance)) as name
from normalised
where as_name is not null or as_substance is not null
