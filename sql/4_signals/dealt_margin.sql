-- Kind: view
-- Title: Margins of the reports that count now, by the quarter in which their case first counted
-- Grain: (comparator, measure, drug, event_level, event, litigation_set, received_year, quarter_no)
-- Reads: counts.interval
-- Source: docs/signals.md, "Error budget". Their sum up to the latest quarter is the margin of counts.cell; n and
--   n_drug of a litigation set are what leaves for its events.
select
    interval.comparator,
    interval.measure,
    interval.drug,
    interval.event_level,
    interval.event,
    interval.litigation_set,
    interval.received_year,
    interval.entry_quarter_no as quarter_no,
    cast(sum(interval.n_reports) as bigint) as step
from counts.interval as interval
where
    interval.known_until is null
    and interval.measure <> 'a'
    and interval.event_level in ('', 'group', 'supergroup')
group by
    interval.comparator,
    interval.measure,
    interval.drug,
    interval.event_level,
    interval.event,
    interval.litigation_set,
    interval.received_year,
    interval.entry_quarter_no
