-- Kind: table
-- Title: Reports known as of each held quarter, for each cell and margin
-- Grain: (variant, measure, comparator, drug, event_level, event, litigation_set, quarter_no)
-- Reads: counts.interval, cases.held_quarter, analysis.variant
-- Source: +1 at known_from, -1 at known_until, running sum; a variant of the latest quarter has one step, its sum
with latest as (
    select max(held_quarter.quarter_no) as quarter_no
    from cases.held_quarter as held_quarter
),

change as (
    select
        interval.variant,
        interval.measure,
        interval.comparator,
        interval.drug,
        interval.event_level,
        interval.event,
        interval.litigation_set,
        interval.known_from as quarter_no,
        interval.n_reports as step
    from counts.interval as interval
    inner join analysis.variant as variant
        on interval.variant = variant.variant
    where variant.is_every_quarter
    union all
    select
        interval.variant,
        interval.measure,
        interval.comparator,
        interval.drug,
        interval.event_level,
        interval.event,
        interval.litigation_set,
        interval.known_until as quarter_no,
        -interval.n_reports as step
    from counts.interval as interval
    inner join analysis.variant as variant
        on interval.variant = variant.variant
    where
        variant.is_every_quarter
        and interval.known_until is not null
    union all
    select
        interval.variant,
        interval.measure,
        interval.comparator,
        interval.drug,
        interval.event_level,
        interval.event,
        interval.litigation_set,
        latest.quarter_no,
        interval.n_reports as step
    from counts.interval as interval
    inner join analysis.variant as variant
        on interval.variant = variant.variant
    cross join latest
    where
        not variant.is_every_quarter
        and interval.known_until is null
),

net as (
    select
        variant,
        measure,
        comparator,
        drug,
        event_level,
        event,
        litigation_set,
        quarter_no,
        sum(step) as step
    from change
    group by variant, measure, comparator, drug, event_level, event, litigation_set, quarter_no
),

line as (
    select
        variant,
        measure,
        comparator,
        drug,
        event_level,
        event,
        litigation_set,
        min(quarter_no) as first_quarter_no
    from net
    group by variant, measure, comparator, drug, event_level, event, litigation_set
),

grid as (
    select
        line.variant,
        line.measure,
        line.comparator,
        line.drug,
        line.event_level,
        line.event,
        line.litigation_set,
        held_quarter.quarter_no
    from line
    inner join cases.held_quarter as held_quarter
        on line.first_quarter_no <= held_quarter.quarter_no
)

select
    grid.variant,
    grid.measure,
    grid.comparator,
    grid.drug,
    grid.event_level,
    grid.event,
    grid.litigation_set,
    grid.quarter_no,
    cast(
        sum(coalesce(net.step, 0)) over (
            partition by
                grid.variant,
                grid.measure,
                grid.comparator,
                grid.drug,
                grid.event_level,
                grid.event,
                grid.litigation_set
            order by grid.quarter_no asc
        ) as bigint
    ) as n_reports
from grid
left join net
    on
        grid.variant = net.variant
        and grid.measure = net.measure
        and grid.comparator = net.comparator
        and grid.drug = net.drug
        and grid.event_level = net.event_level
        and grid.event = net.event
        and grid.litigation_set = net.litigation_set
        and grid.quarter_no = net.quarter_no
