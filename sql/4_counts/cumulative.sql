-- Kind: table
-- Title: Reports known as of each held quarter, for each cell and margin of the primary variant
-- Grain: (measure, comparator, drug, event_level, event, litigation_set, quarter_no)
-- Reads: counts.interval, cases.held_quarter
-- Source: +1 at known_from, -1 at known_until, running sum
with change as (
    select
        interval.measure,
        interval.comparator,
        interval.drug,
        interval.event_level,
        interval.event,
        interval.litigation_set,
        interval.known_from as quarter_no,
        interval.n_reports as step
    from counts.interval as interval
    union all
    select
        interval.measure,
        interval.comparator,
        interval.drug,
        interval.event_level,
        interval.event,
        interval.litigation_set,
        interval.known_until as quarter_no,
        -interval.n_reports as step
    from counts.interval as interval
    where interval.known_until is not null
),

net as (
    select
        measure,
        comparator,
        drug,
        event_level,
        event,
        litigation_set,
        quarter_no,
        sum(step) as step
    from change
    group by measure, comparator, drug, event_level, event, litigation_set, quarter_no
),

line as (
    select
        measure,
        comparator,
        drug,
        event_level,
        event,
        litigation_set,
        min(quarter_no) as first_quarter_no
    from net
    group by measure, comparator, drug, event_level, event, litigation_set
),

grid as (
    select
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
        grid.measure = net.measure
        and grid.comparator = net.comparator
        and grid.drug = net.drug
        and grid.event_level = net.event_level
        and grid.event = net.event
        and grid.litigation_set = net.litigation_set
        and grid.quarter_no = net.quarter_no
