-- Kind: view
-- Title: Drugs of each report; dosage records may repeat (primaryid, drug_seq)
-- Grain: physical line of a quarter's DRUG file (quarter, line)
-- Reads: staged Parquet
-- Source: FDA ASC_NTS; names as in the FDA's files since 2014q3
select
    quarter,
    quarter_no,
    line,
    primaryid,
    caseid,
    drug_seq,
    role_cod,
    drugname,
    prod_ai,
    val_vbm,
    route,
    dose_vbm,
    cum_dose_chr,
    cum_dose_amount,
    cum_dose_unit,
    dechal,
    rechal,
    lot_num,
    exp_dt,
    nda_num,
    dose_amt,
    dose_amount,
    dose_unit,
    dose_form,
    dose_freq
from source.drug
