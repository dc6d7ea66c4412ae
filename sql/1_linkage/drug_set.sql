-- Kind: table
-- Title: Drugs of each report as sets, by substance and by name, each with a hash of the whole set
-- Grain: (quarter_no, primaryid)
-- Reads: staged.drug, linkage.drug_name
-- Source: AEOLUS and others compare sorted lists: the set of all drugs, whatever their role and order. The hash
--   of a set is the exclusive or of the 64-bit hashes of its members.
with listed as (
    select
        drug.quarter_no,
        drug.primaryid,
        list_sort(list_distinct(list(drug_name.substance))) as substances,
        list_sort(list_distinct(list(drug_name.name))) as names
    from staged.drug as drug
    inner join linkage.drug_name as drug_name
        on
            drug.drugname is not distinct from drug_name.drugname
            and drug.prod_ai is not distinct from drug_name.prod_ai
    group by drug.quarter_no, drug.primaryid
)

select
    quarter_no,
    primaryid,
    substances,
    names,
    list_aggregate(substances, 'bit_xor') as substance_set,
    list_aggregate(names, 'bit_xor') as name_set
from listed
