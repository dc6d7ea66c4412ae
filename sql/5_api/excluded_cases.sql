-- Kind: view
-- Title: Reports with a scored therapy and a term of an event that do not count for the pair
-- Grain: (drug, event, caseid, term)
-- Reads: counts.excluded_case
-- Columns:
--   drug: therapy or class
--   event: group, with all its terms, or supergroup
--   term: preferred term
--   caseid: case number
--   primaryid: version
--   reason: why it does not count
select
    excluded_case.drug,
    excluded_case.event,
    excluded_case.term,
    excluded_case.caseid,
    excluded_case.primaryid,
    excluded_case.reason
from counts.excluded_case as excluded_case
