-- Kind: table
-- Title: Drug records of each quarter by how their name was mapped to a substance
-- Grain: (quarter, method)
-- Reads: staged.drug, cases.held_quarter, cohort.name_substance
with pair as (
    select distinct
        name_substance.drugname,
        name_substance.prod_ai,
        name_substance.method
    from cohort.name_substance as name_substance
),

counted as (
    select
        held_quarter.quarter,
        held_quarter.quarter_no,
        pair.method,
        count(*) as n_records
    from staged.drug as drug
    inner join cases.held_quarter as held_quarter
        on drug.quarter_no = held_quarter.quarter_no
    inner join pair
        on
            drug.drugname is not distinct from pair.drugname
            and drug.prod_ai is not distinct from pair.prod_ai
    group by held_quarter.quarter, held_quarter.quarter_no, pair.method
)

select
    quarter,
    quarter_no,
    method,
    n_records,
    cast(n_records as double) / cast(sum(n_records) over (partition by quarter_no) as double) as share
from counted
