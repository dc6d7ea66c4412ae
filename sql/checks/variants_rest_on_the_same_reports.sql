-- Severity: block
-- Title: the primary variant added up from strata differs from its count by intervals; a variant cannot be trusted
with latest as (
    select max(held_quarter.quarter_no) as quarter_no
    from cases.held_quarter as held_quarter
),

by_interval as (
    select cumulative.*
    from counts.cumulative as cumulative
    inner join latest
        on cumulative.quarter_no = latest.quarter_no
    where cumulative.n_reports <> 0
),

by_stratum as (
    select variant_margin.*
    from counts.variant_margin as variant_margin
    where
        variant_margin.variant = 'primary'
        and variant_margin.n_reports <> 0
)

select
    coalesce(by_interval.measure, by_stratum.measure) as measure,
    coalesce(by_interval.comparator, by_stratum.comparator) as comparator,
    coalesce(by_interval.drug, by_stratum.drug) as drug,
    coalesce(by_interval.event, by_stratum.event) as event,
    coalesce(by_interval.litigation_set, by_stratum.litigation_set) as litigation_set,
    coalesce(by_interval.n_reports, 0) as n_by_interval,
    coalesce(by_stratum.n_reports, 0) as n_by_stratum
from by_interval
full outer join by_stratum
    on
        by_interval.measure = by_stratum.measure
        and by_interval.comparator = by_stratum.comparator
        and by_interval.drug = by_stratum.drug
        and by_interval.event_level = by_stratum.event_level
        and by_interval.event = by_stratum.event
        and by_interval.litigation_set = by_stratum.litigation_set
where coalesce(by_interval.n_reports, 0) <> coalesce(by_stratum.n_reports, 0)
