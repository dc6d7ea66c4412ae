-- Kind: view
-- Title: Change of each cell and margin of comparator A by reporter, sex and age band; the running sum is the count
-- Grain: (measure, drug, event_level, event, litigation_set, reporter, sex, age_band, quarter_no)
-- Reads: counts.trait_interval
-- Source: +1 at known_from, -1 at known_until. n and n_drug of a litigation set are what leaves for its events.
with change as (
    select
        interval.measure,
        interval.drug,
        interval.event_level,
        interval.event,
        interval.litigation_set,
        interval.reporter,
        interval.sex,
        interval.age_band,
        interval.known_from as quarter_no,
        interval.n_reports as step
    from counts.trait_interval as interval
    union all
    select
        interval.measure,
        interval.drug,
        interval.event_level,
        interval.event,
        interval.litigation_set,
        interval.reporter,
        interval.sex,
        interval.age_band,
        interval.known_until as quarter_no,
        -interval.n_reports as step
    from counts.trait_interval as interval
    where interval.known_until is not null
)

select
    measure,
    drug,
    event_level,
    event,
    litigation_set,
    reporter,
    sex,
    age_band,
    quarter_no,
    cast(sum(step) as bigint) as step
from change
group by measure, drug, event_level, event, litigation_set, reporter, sex, age_band, quarter_no
