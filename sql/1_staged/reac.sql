-- Kind: view
-- Title: Reactions of each report
-- Grain: physical line of a quarter's REAC file (quarter, line)
-- Reads: staged Parquet, staged.term_spelling
-- Source: FDA ASC_NTS; names as in the FDA's files since 2014q3
select
    reac.quarter,
    reac.quarter_no,
    reac.line,
    reac.primaryid,
    reac.caseid,
    reac.pt,
    reac.drug_rec_act,
    spelling.term as pt_term
from source.reac as reac
left join staged.term_spelling as spelling
    on reac.pt = spelling.text
