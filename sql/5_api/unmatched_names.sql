-- Kind: view
-- Title: Drug names given for an indication of the list that match no therapy of the list
-- Grain: (drugname, prod_ai)
-- Reads: counts.unmatched_name
-- Columns:
--   drugname: name as reported
--   prod_ai: active ingredient as coded
--   n_records: drug records with an indication of the list
select
    unmatched_name.drugname,
    unmatched_name.prod_ai,
    unmatched_name.n_records
from counts.unmatched_name as unmatched_name
