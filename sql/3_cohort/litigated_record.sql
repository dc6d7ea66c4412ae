-- Kind: table
-- Title: Reports that name a litigated ingredient as primary or secondary suspect, whatever the year
-- Grain: (ingredient, quarter_no, primaryid, caseid)
-- Reads: staged.drug, codelists.name_match, cohort.report
with named as (
    select
        name_match.entry as ingredient,
        name_match.text
    from codelists.name_match as name_match
    where
        name_match.list = 'litigated_drugs'
        and name_match.why = 'match'
),

suspect as (
    select
        drug.quarter_no,
        drug.primaryid,
        drug.drugname as text
    from staged.drug as drug
    where drug.role_cod in ('PS', 'SS')
    union all
    select
        drug.quarter_no,
        drug.primaryid,
        drug.prod_ai as text
    from staged.drug as drug
    where drug.role_cod in ('PS', 'SS')
)

select distinct
    named.ingredient,
    report.quarter_no,
    report.primaryid,
    report.caseid,
    report.received_year
from suspect
inner join named
    on suspect.text = named.text
inner join cohort.report as report
    on
        suspect.quarter_no = report.quarter_no
        and suspect.primaryid = report.primaryid
