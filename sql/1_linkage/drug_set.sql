-- Kind: table
-- Title: Drugs of each report as sets: by substance and by name, each with a hash of the whole set
-- Grain: (quarter_no, primaryid)
-- Reads: staged.drug
-- Source: faers-format 4.3: sorted drug lists. A substance is prod_ai, a name is drugname, each the other where it is
--   missing (prod_ai: before 2014q3 always, later in 2.6 % of rows). All roles; md5 is the same in every version
--   of DuckDB.
with named as (
    select distinct
        drug.quarter_no,
        drug.primaryid,
        coalesce(macros.normal_name(drug.prod_ai), macros.normal_name(drug.drugname)) as substance,
        coalesce(macros.normal_name(drug.drugname), macros.normal_name(drug.prod_ai)) as drug_name
    from staged.drug as drug
)

select
    quarter_no,
    primaryid,
    md5_number_lower(string_agg(distinct substance, '|' order by substance asc)) as substance_set,
    md5_number_lower(string_agg(distinct drug_name, '|' order by drug_name asc)) as name_set,
    list_sort(list(distinct md5_number_lower(substance))) as substances,
    list_sort(list(distinct md5_number_lower(drug_name))) as names
from named
where substance is not null
group by quarter_no, primaryid
