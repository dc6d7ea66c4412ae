-- Kind: table
-- Title: Substances that a report which counts now names as primary or secondary suspect
-- Grain: (report_no, substance_no); a combination has a row for each of its substances
-- Reads: staged.drug, cohort.name_substance, cohort.substance, cohort.current_report
-- Source: docs/cohort.md, "Masking", and docs/statistics.md, "Pairs of the whole database". Names without a substance
--   and placeholders are no rows.
with coded as (
    select
        name_substance.drugname,
        name_substance.prod_ai,
        substance.substance_no
    from cohort.name_substance as name_substance
    inner join cohort.substance as substance
        on name_substance.substance = substance.substance
)

select distinct
    report.report_no,
    coded.substance_no
from staged.drug as drug
inner join coded
    on
        drug.drugname is not distinct from coded.drugname
        and drug.prod_ai is not distinct from coded.prod_ai
inner join cohort.current_report as report
    on
        drug.quarter_no = report.quarter_no
        and drug.primaryid = report.primaryid
where drug.role_cod in ('PS', 'SS')
