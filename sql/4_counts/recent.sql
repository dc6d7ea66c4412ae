-- Kind: table
-- Title: Reports known as of each quarter whose case entered in the eight quarters that end with it, primary variant
-- Grain: (measure, comparator, drug, event_level, event, litigation_set, quarter_no); no preferred terms
-- Reads: counts.interval, counts.unbroken_quarter
-- Source: docs/statistics.md, "Rising": +1 at known_from, -1 where it ends or the case is eight quarters old, running
--   sum
with young as (
    select
        interval.measure,
        interval.comparator,
        interval.drug,
        interval.event_level,
        interval.event,
        interval.litigation_set,
        interval.known_from,
        interval.n_reports,
        least(coalesce(interval.known_until, 32767), interval.entry_quarter_no + 8) as young_until
    from counts.interval as interval
    where
        interval.event_level <> 'pt'
        and interval.known_from < interval.entry_quarter_no + 8
),

change as (
    select
        young.measure,
        young.comparator,
        young.drug,
        young.event_level,
        young.event,
        young.litigation_set,
        young.known_from as quarter_no,
        young.n_reports as step
    from young
    union all
    select
        young.measure,
        young.comparator,
        young.drug,
        young.event_level,
        young.event,
        young.litigation_set,
        young.young_until as quarter_no,
        -young.n_reports as step
    from young
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
        unbroken_quarter.quarter_no
    from line
    inner join counts.unbroken_quarter as unbroken_quarter
        on line.first_quarter_no <= unbroken_quarter.quarter_no
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
