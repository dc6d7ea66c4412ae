-- Kind: view
-- Title: Change of the reports whose case entered in the eight quarters that end with each quarter
-- Grain: (measure, comparator, drug, event_level, event, litigation_set, quarter_no); no preferred terms
-- Reads: counts.interval
-- Source: docs/statistics.md, "Rising": +1 at known_from, -1 where it ends or the case is eight quarters old
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
)

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
