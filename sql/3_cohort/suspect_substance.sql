-- Kind: view
-- Title: Substances that a report which counts now names as primary or secondary suspect, repeats included
-- Grain: (a DRUG row, substance) of a report; a combination has a row for each of its substances
-- Reads: staged.drug, cohort.name_substance, cohort.counted_report
-- Source: docs/cohort.md, "Masking". Whole database, primary variant; names without a substance and placeholders
--   are no rows. Distinct rows are the reader's affair: all of them at once are some 40 million.
select
    report.quarter_no,
    report.primaryid,
    report.caseid,
    name_substance.substance
from staged.drug as drug
inner join cohort.name_substance as name_substance
    on
        drug.drugname is not distinct from name_substance.drugname
        and drug.prod_ai is not distinct from name_substance.prod_ai
inner join cohort.counted_report as report
    on
        drug.quarter_no = report.quarter_no
        and drug.primaryid = report.primaryid
where
    drug.role_cod in ('PS', 'SS')
    and name_substance.substance is not null
    and report.known_until is null
