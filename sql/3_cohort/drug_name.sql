-- Kind: table
-- Title: Each pair of reported name and coded ingredient, with the name's clean forms
-- Grain: (drugname, prod_ai), either may be NULL
-- Reads: staged.drug, cases.held_quarter, codelists.clean_name
-- Source: docs/cohort.md, "Drug names to substances"; all held quarters up to as_of: the vocabulary is today's
with counted as (
    select
        drug.drugname,
        drug.prod_ai,
        count(*) as n_records
    from staged.drug as drug
    inner join cases.held_quarter as held_quarter
        on drug.quarter_no = held_quarter.quarter_no
    group by drug.drugname, drug.prod_ai
)

select
    counted.drugname,
    counted.prod_ai,
    counted.n_records,
    by_name.clean,
    by_name.bare,
    by_name.own,
    coalesce(by_name.is_placeholder, true) as is_placeholder
from counted
left join codelists.clean_name as by_name
    on counted.drugname = by_name.text
