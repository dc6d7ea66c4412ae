-- Kind: view
-- Title: Report sources, filled on paper forms only
-- Grain: physical line of a quarter's RPSR file (quarter, line)
-- Reads: staged Parquet
-- Source: FDA ASC_NTS; names as in the FDA's files since 2014q3
select
    quarter,
    quarter_no,
    line,
    primaryid,
    caseid,
    rpsr_cod
from source.rpsr
