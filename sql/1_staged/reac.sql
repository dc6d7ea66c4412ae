-- Kind: view
-- Title: Reactions of each report
-- Grain: physical line of a quarter's REAC file (quarter, line)
-- Reads: staged Parquet
-- Source: FDA ASC_NTS; names as in the FDA's files since 2014q3
select
    quarter,
    quarter_no,
    line,
    primaryid,
    caseid,
    pt,
    drug_rec_act,
    macros.normal_term(pt) as pt_term
from source.reac
