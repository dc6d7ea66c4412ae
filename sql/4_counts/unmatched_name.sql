-- Kind: table
-- Title: Drug names on records with an indication of the list that match no therapy of the list, with n_records
-- Grain: (drugname, prod_ai)
-- Reads: staged.drug, cases.version, cohort.indication, codelists.name_match
-- Source: keep a table of unmatched strings: a new brand shows here first
with given_for_ms as (
    select distinct
        indication.quarter_no,
        indication.primaryid,
        indication.drug_seq
    from cohort.indication as indication
    inner join cases.version as version
        on
            indication.quarter_no = version.quarter_no
            and indication.primaryid = version.primaryid
    where
        indication.is_ms
        and version.known_until is null
),

known_name as (
    select distinct name_match.text
    from codelists.name_match as name_match
    where
        name_match.list = 'therapies'
        and name_match.why = 'match'
)

select
    drug.drugname,
    drug.prod_ai,
    count(*) as n_records
from staged.drug as drug
inner join given_for_ms
    on
        drug.quarter_no = given_for_ms.quarter_no
        and drug.primaryid = given_for_ms.primaryid
        and drug.drug_seq = given_for_ms.drug_seq
anti join known_name as by_name
    on drug.drugname = by_name.text
anti join known_name as by_substance
    on drug.prod_ai = by_substance.text
group by drug.drugname, drug.prod_ai
