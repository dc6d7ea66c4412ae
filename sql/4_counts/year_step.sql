-- Kind: view
-- Title: Change of each margin of comparator A by year of receipt, primary variant; their running sum is the margin
-- Grain: (measure, drug, event_level, event, litigation_set, received_year, quarter_no)
-- Reads: counts.interval
-- Source: +1 at known_from, -1 at known_until. n and n_drug of a litigation set are what leaves for its events.
with change as (
    select
        interval.measure,
        interval.drug,
        interval.event_level,
        interval.event,
        interval.litigation_set,
        interval.received_year,
        interval.known_from as quarter_no,
        interval.n_reports as step
    from counts.interval as interval
    where
        interval.comparator = 'A'
        and interval.measure <> 'a'
        and interval.event_level <> 'pt'
    union all
    select
        interval.measure,
        interval.drug,
        interval.event_level,
        interval.event,
        interval.litigation_set,
        interval.received_year,
        interval.known_until as quarter_no,
        -interval.n_reports as step
    from counts.interval as interval
    where
        interval.comparator = 'A'
        and interval.measure <> 'a'
        and interval.event_level <> 'pt'
        and interval.known_until is not null
)

select
    measure,
    drug,
    event_level,
    event,
    litigation_set,
    received_year,
    quarter_no,
    cast(sum(step) as bigint) as step
from change
group by measure, drug, event_level, event, litigation_set, received_year, quarter_no
