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
        list(drug_name.substance) as substances,
        list(drug_name.name) as names
    from staged.drug as drug
    inner join linkage.drug_name as drug_name
        on
            drug.drugname is not distinct from drug_name.drugname
            and drug.prod_ai is not distinct from drug_name.prod_ai
    group by drug.quarter_no, drug.primaryid
),

-- Half of the reports have one drug; the order of a set is nobody's business.
drug_set as (
    select
        listed.quarter_no,
        listed.primaryid,
        case
            when len(listed.substances) > 1 then list_distinct(listed.substances)
            else listed.substances
        end as substances,
        case when len(listed.names) > 1 then list_distinct(listed.names) else listed.names end as names
    from listed
)

select
    quarter_no,
    primaryid,
    substances,
    names,
    list_aggregate(substances, 'bit_xor') as substance_set,
    list_aggregate(names, 'bit_xor') as name_set
from drug_set
