-- Kind: view
-- Title: Therapy dates; several rows a drug mean stop and restart
-- Grain: physical line of a quarter's THER file (quarter, line)
-- Reads: staged Parquet
-- Source: FDA ASC_NTS; names as in the FDA's files since 2014q3
select
    quarter,
    quarter_no,
    line,
    primaryid,
    caseid,
    dsg_drug_seq,
    start_dt,
    start_date,
    start_date_precision,
    end_dt,
    end_date,
    end_date_precision,
    dur,
    dur_days,
    dur_cod
from source.ther
