-- Kind: table
-- Title: Drug names on records with an MS indication that match no MS therapy, most frequent first by n_records
-- Grain: (drugname, prod_ai)
-- Reads: staged.drug, cohort.indication, cohort.therapy_record
-- Source: keep a table of unmatched strings: a new brand shows here first
with given_for_ms as (
    select distinct
        indication.quarter_no,
        indication.primaryid,
        indication.drug_seq
    from cohort.indication as indication
    where indication.is_ms
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
anti join cohort.therapy_record as record
    on
        drug.quarter_no = record.quarter_no
        and drug.line = record.line
group by drug.drugname, drug.prod_ai
