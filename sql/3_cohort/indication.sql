-- Kind: view
-- Title: Indications of each drug record with what the code lists say of the term
-- Grain: staged INDI row (quarter_no, line)
-- Reads: staged.indi, codelists.term
select
    indi.quarter_no,
    indi.primaryid,
    indi.indi_drug_seq as drug_seq,
    indi.indi_term as term,
    term.group_id,
    coalesce(term.ms_flag = 'include', false) as is_ms,
    coalesce(term.ms_flag, 'none') not in ('include', 'uncertain') as is_non_ms,
    coalesce(term.is_oncology_indication, false) as is_oncology,
    coalesce(term.is_other_disease, false) as is_other_disease
from staged.indi as indi
left join codelists.term as term
    on indi.indi_term = term.term
where indi.indi_term is not null
