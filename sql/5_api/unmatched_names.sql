-- Kind: view
-- Title: Drug names given for MS that match no MS therapy
-- Grain: (drugname, prod_ai)
-- Reads: counts.unmatched_name
-- Columns:
--   drugname: name as reported
--   prod_ai: active ingredient as coded
--   n_records: drug records with an MS indication
select
    unmatched_name.drugname,
    unmatched_name.prod_ai,
    unmatched_name.n_records
from counts.unmatched_name as unmatched_name
