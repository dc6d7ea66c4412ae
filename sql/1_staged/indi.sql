-- Kind: view
-- Title: Indications of the drugs of each report
-- Grain: physical line of a quarter's INDI file (quarter, line)
-- Reads: staged Parquet, staged.term_spelling
-- Source: FDA ASC_NTS; names as in the FDA's files since 2014q3
select
    indi.quarter,
    indi.quarter_no,
    indi.line,
    indi.primaryid,
    indi.caseid,
    indi.indi_drug_seq,
    indi.indi_pt,
    spelling.term as indi_term
from source.indi as indi
left join staged.term_spelling as spelling
    on indi.indi_pt = spelling.text
