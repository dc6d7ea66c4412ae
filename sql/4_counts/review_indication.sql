-- Kind: view
-- Title: Indications of the review set
-- Grain: (caseid, line): an INDI row
-- Reads: counts.review_report, staged.indi, codelists.term
select
    review.caseid,
    indi.primaryid,
    review.quarter_no,
    indi.line,
    indi.indi_drug_seq as drug_seq,
    indi.indi_pt as indication,
    term.ms_flag,
    term.group_id as neoplasm_group,
    coalesce(term.is_oncology_indication, false) as is_oncology
from counts.review_report as review
inner join staged.indi as indi
    on
        review.quarter_no = indi.quarter_no
        and review.primaryid = indi.primaryid
left join codelists.term as term
    on indi.indi_term = term.term
