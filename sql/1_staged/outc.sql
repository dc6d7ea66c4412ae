-- Kind: view
-- Title: Outcomes of each report
-- Grain: physical line of a quarter's OUTC file (quarter, line)
-- Reads: staged Parquet
-- Source: FDA ASC_NTS; names as in the FDA's files since 2014q3
select
    quarter,
    quarter_no,
    line,
    primaryid,
    caseid,
    outc_cod
from source.outc
