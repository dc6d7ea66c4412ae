-- Kind: view
-- Title: Change of the reports whose case is eight quarters old or older and entered before a drug's first quarter
-- Grain: (measure, comparator, drug, event_level, event, litigation_set, first_quarter_no, quarter_no); A and B, no
--   preferred terms
-- Reads: counts.interval, cohort.drug_start
-- Source: docs/statistics.md, "Rising". n and n_event, whose drug is '', stand once for each first quarter that a drug
--   has. Entries are gathered by the next first quarter after them: they lie before that one and all later ones. What
--   came or went before the first quarter is a change of that quarter.
with start as (
    select
        drug_start.drug,
        drug_start.first_quarter_no
    from cohort.drug_start as drug_start
    union distinct
    select
        '' as drug,
        drug_start.first_quarter_no
    from cohort.drug_start as drug_start
),

entry as (
    select distinct interval.entry_quarter_no
    from counts.interval as interval
),

next_start as (
    select
        entry.entry_quarter_no,
        min(start.first_quarter_no) as first_quarter_no
    from entry
    inner join start
        on entry.entry_quarter_no < start.first_quarter_no
    group by entry.entry_quarter_no
),

old as (
    select
        interval.measure,
        interval.comparator,
        interval.drug,
        interval.event_level,
        interval.event,
        interval.litigation_set,
        next_start.first_quarter_no,
        interval.known_until,
        interval.n_reports,
        greatest(interval.known_from, interval.entry_quarter_no + 8) as old_from
    from counts.interval as interval
    inner join next_start
        on interval.entry_quarter_no = next_start.entry_quarter_no
    where
        interval.comparator in ('A', 'B')
        and interval.event_level <> 'pt'
        and (interval.known_until is null or interval.known_until > interval.entry_quarter_no + 8)
),

change as (
    select
        old.measure,
        old.comparator,
        old.drug,
        old.event_level,
        old.event,
        old.litigation_set,
        old.first_quarter_no,
        old.old_from as quarter_no,
        old.n_reports as step
    from old
    union all
    select
        old.measure,
        old.comparator,
        old.drug,
        old.event_level,
        old.event,
        old.litigation_set,
        old.first_quarter_no,
        old.known_until as quarter_no,
        -old.n_reports as step
    from old
    where old.known_until is not null
),

net as (
    select
        measure,
        comparator,
        drug,
        event_level,
        event,
        litigation_set,
        first_quarter_no,
        quarter_no,
        sum(step) as step
    from change
    group by measure, comparator, drug, event_level, event, litigation_set, first_quarter_no, quarter_no
)

select
    net.measure,
    net.comparator,
    net.drug,
    net.event_level,
    net.event,
    net.litigation_set,
    start.first_quarter_no,
    greatest(net.quarter_no, start.first_quarter_no) as quarter_no,
    sum(net.step) as step
from net
inner join start
    on
        net.drug = start.drug
        and net.first_quarter_no <= start.first_quarter_no
group by
    net.measure,
    net.comparator,
    net.drug,
    net.event_level,
    net.event,
    net.litigation_set,
    start.first_quarter_no,
    greatest(net.quarter_no, start.first_quarter_no)
