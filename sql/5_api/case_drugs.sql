-- Kind: view
-- Title: Drug records of the review set
-- Grain: (caseid, line, therapy)
-- Reads: counts.review_drug
-- Columns:
--   caseid: case number
--   primaryid: version
--   drug_seq: number of the drug in the report
--   line: line of the DRUG file
--   role: PS primary suspect, SS secondary suspect, C concomitant, I interacting
--   drugname: name as reported
--   prod_ai: active ingredient as coded by the FDA (from 2014q3)
--   route: route
--   dose: dose as reported
--   start_date: earliest start, first day of the stated period
--   start_date_precision: day, month or year
--   end_date: latest end
--   end_date_precision: day, month or year
--   dechal: dechallenge: Y positive, N negative, U unknown, D does not apply
--   rechal: rechallenge, as dechal
--   therapy: therapy of the list of therapies, NULL for other drugs
--   product_status: rule that admitted the record for the product of the analysis or left it out
--   is_admitted: the record counts for the product of the analysis
--   matched_on: drugname or prod_ai
--   matched_pattern: pattern of the code list that matched
select
    review_drug.caseid,
    review_drug.primaryid,
    review_drug.drug_seq,
    review_drug.line,
    review_drug.role,
    review_drug.drugname,
    review_drug.prod_ai,
    review_drug.route,
    review_drug.dose,
    review_drug.start_date,
    review_drug.start_date_precision,
    review_drug.end_date,
    review_drug.end_date_precision,
    review_drug.dechal,
    review_drug.rechal,
    review_drug.therapy,
    review_drug.product_status,
    review_drug.is_admitted,
    review_drug.matched_on,
    review_drug.matched_pattern
from counts.review_drug as review_drug
