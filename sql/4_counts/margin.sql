-- Kind: view
-- Title: Cells and margins of every variant: the primary one at each held quarter, the others at the latest
-- Grain: (variant, measure, comparator, drug, event_level, event, litigation_set, quarter_no)
-- Reads: counts.cumulative, counts.variant_margin, cases.held_quarter
with latest as (
    select max(held_quarter.quarter_no) as quarter_no
    from cases.held_quarter as held_quarter
)

select
    'primary' as variant,
    cumulative.measure,
    cumulative.comparator,
    cumulative.drug,
    cumulative.event_level,
    cumulative.event,
    cumulative.litigation_set,
    cumulative.quarter_no,
    cumulative.n_reports
from counts.cumulative as cumulative
union all
select
    variant_margin.variant,
    variant_margin.measure,
    variant_margin.comparator,
    variant_margin.drug,
    variant_margin.event_level,
    variant_margin.event,
    variant_margin.litigation_set,
    latest.quarter_no,
    variant_margin.n_reports
from counts.variant_margin as variant_margin
cross join latest
where variant_margin.variant <> 'primary'
