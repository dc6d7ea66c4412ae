-- Kind: view
-- Title: Share of each quarter's drug records by how their name was mapped to a substance
-- Grain: (quarter, method)
-- Reads: counts.name_share
-- Columns:
--   quarter: quarter of the archive
--   method: as in api.drug_names
--   n_records: drug records
--   share: their part of the quarter's drug records
select
    name_share.quarter,
    name_share.method,
    name_share.n_records,
    name_share.share
from counts.name_share as name_share
