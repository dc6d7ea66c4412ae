-- Kind: table
-- Title: Reports known as of each quarter whose case is recent, or older than the drug that it is compared with
-- Grain: (age, measure, comparator, drug, event_level, event, litigation_set, first_quarter_no, quarter_no)
-- Reads: counts.recent_step, counts.older_step, counts.unbroken_quarter
-- Source: docs/statistics.md, "Rising": running sums of the changes. age is recent, with first_quarter_no 0, or older,
--   with the first quarter of the drug; primary variant, no preferred terms.
with net as (
    select
        'recent' as age,
        recent_step.measure,
        recent_step.comparator,
        recent_step.drug,
        recent_step.event_level,
        recent_step.event,
        recent_step.litigation_set,
        0 as first_quarter_no,
        recent_step.quarter_no,
        recent_step.step
    from counts.recent_step as recent_step
    union all
    select
        'older' as age,
        older_step.measure,
        older_step.comparator,
        older_step.drug,
        older_step.event_level,
        older_step.event,
        older_step.litigation_set,
        older_step.first_quarter_no,
        older_step.quarter_no,
        older_step.step
    from counts.older_step as older_step
),

line as (
    select
        net.age,
        net.measure,
        net.comparator,
        net.drug,
        net.event_level,
        net.event,
        net.litigation_set,
        net.first_quarter_no,
        min(net.quarter_no) as since_quarter_no
    from net
    group by
        net.age,
        net.measure,
        net.comparator,
        net.drug,
        net.event_level,
        net.event,
        net.litigation_set,
        net.first_quarter_no
),

grid as (
    select
        line.age,
        line.measure,
        line.comparator,
        line.drug,
        line.event_level,
        line.event,
        line.litigation_set,
        line.first_quarter_no,
        unbroken_quarter.quarter_no
    from line
    inner join counts.unbroken_quarter as unbroken_quarter
        on line.since_quarter_no <= unbroken_quarter.quarter_no
)

select
    grid.age,
    grid.measure,
    grid.comparator,
    grid.drug,
    grid.event_level,
    grid.event,
    grid.litigation_set,
    grid.first_quarter_no,
    grid.quarter_no,
    cast(
        sum(coalesce(net.step, 0)) over (
            partition by
                grid.age,
                grid.measure,
                grid.comparator,
                grid.drug,
                grid.event_level,
                grid.event,
                grid.litigation_set,
                grid.first_quarter_no
            order by grid.quarter_no asc
        ) as bigint
    ) as n_reports
from grid
left join net
    on
        grid.age = net.age
        and grid.measure = net.measure
        and grid.comparator = net.comparator
        and grid.drug = net.drug
        and grid.event_level = net.event_level
        and grid.event = net.event
        and grid.litigation_set = net.litigation_set
        and grid.first_quarter_no = net.first_quarter_no
        and grid.quarter_no = net.quarter_no
