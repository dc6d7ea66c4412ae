-- Severity: block
-- Title: cells by covariates do not add up to the primary variant's; adjusted statistics cannot be trusted
with latest as (
    select max(held_quarter.quarter_no) as quarter_no
    from cases.held_quarter as held_quarter
),

by_interval as (
    select cumulative.*
    from counts.cumulative as cumulative
    inner join latest
        on cumulative.quarter_no = latest.quarter_no
    where
        cumulative.n_reports <> 0
        and cumulative.event_level <> 'pt'
),

by_covariate as (
    select
        margin.measure,
        margin.comparator,
        margin.drug,
        margin.event_level,
        margin.event,
        margin.litigation_set,
        cast(sum(margin.n_reports) as bigint) as n_reports
    from counts.covariate_margin as margin
    group by
        margin.measure,
        margin.comparator,
        margin.drug,
        margin.event_level,
        margin.event,
        margin.litigation_set
)

select
    coalesce(by_interval.measure, by_covariate.measure) as measure,
    coalesce(by_interval.comparator, by_covariate.comparator) as comparator,
    coalesce(by_interval.drug, by_covariate.drug) as drug,
    coalesce(by_interval.event, by_covariate.event) as event,
    coalesce(by_interval.litigation_set, by_covariate.litigation_set) as litigation_set,
    coalesce(by_interval.n_reports, 0) as n_by_interval,
    coalesce(by_covariate.n_reports, 0) as n_by_covariate
from by_interval
full outer join by_covariate
    on
        by_interval.measure = by_covariate.measure
        and by_interval.comparator = by_covariate.comparator
        and by_interval.drug = by_covariate.drug
        and by_interval.event_level = by_covariate.event_level
        and by_interval.event = by_covariate.event
        and by_interval.litigation_set = by_covariate.litigation_set
where coalesce(by_interval.n_reports, 0) <> coalesce(by_covariate.n_reports, 0)
