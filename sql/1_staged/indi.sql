-- Kind: view
-- Title: Indications of the drugs of each report
-- Grain: physical line of a quarter's INDI file (quarter, line)
-- Reads: staged Parquet
-- Source: FDA ASC_NTS; names as in the FDA's files since 2014q3
select
    quarter,
    quarter_no,
    line,
    primaryid,
    caseid,
    indi_drug_seq,
    indi_pt,
    macros.normal_term(indi_pt) as indi_term
from source.indi
