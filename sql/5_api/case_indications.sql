-- Kind: view
-- Title: Indications of the review set
-- Grain: (caseid, line)
-- Reads: counts.review_indication
-- Columns:
--   caseid: case number
--   primaryid: version
--   line: line of the INDI file
--   drug_seq: drug that the indication belongs to
--   indication: indication as printed
--   ms_flag: include, uncertain or exclude by the list of indications (multiple sclerosis, or another disease)
--   is_oncology: an oncology indication
--   neoplasm_group: group that the term of the indication has as an event
select
    review_indication.caseid,
    review_indication.primaryid,
    review_indication.line,
    review_indication.drug_seq,
    review_indication.indication,
    review_indication.ms_flag,
    review_indication.is_oncology,
    review_indication.neoplasm_group
from counts.review_indication as review_indication
