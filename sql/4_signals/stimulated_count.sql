-- Kind: table
-- Title: Reports of drugs of the board by trait and value: all, those that leave as litigated, and those with an event
-- Grain: (drug, event, litigation_set, trait, value)
-- Reads: signals.stimulated_trait, signals.grid_pair, cohort.litigated_report, cohort.outcome
-- Source: docs/signals.md, "Stimulated reporting". event is '' for all reports of the drug; litigation_set is '' for
--   all of them, else those that leave for the events of the set. Of an event, only reports that stay.
--   Reports meet their events before the pairs: a report of a drug has few events, a drug of the board has many pairs.
with needed_set as (
    select distinct
        pair.drug,
        pair.litigation_set
    from signals.grid_pair as pair
    where pair.litigation_set <> ''
),

leaving as (
    select
        report.drug,
        litigated.litigation_set,
        report.trait,
        report.value,
        report.in_b,
        report.in_c
    from signals.stimulated_trait as report
    inner join cohort.litigated_report as litigated
        on
            report.quarter_no = litigated.quarter_no
            and report.primaryid = litigated.primaryid
            and report.caseid = litigated.caseid
    inner join needed_set
        on
            report.drug = needed_set.drug
            and litigated.litigation_set = needed_set.litigation_set
),

with_event as materialized (
    select
        report.drug,
        outcome.event_level,
        outcome.event,
        report.trait,
        report.value,
        report.in_b,
        report.in_c
    from signals.stimulated_trait as report
    inner join cohort.outcome as outcome
        on
            report.quarter_no = outcome.quarter_no
            and report.primaryid = outcome.primaryid
            and report.caseid = outcome.caseid
    where not outcome.is_litigated
)

select
    report.drug,
    '' as event,
    '' as litigation_set,
    report.trait,
    report.value,
    count(*) as n_a,
    count(*) filter (where report.in_b) as n_b,
    count(*) filter (where report.in_c) as n_c
from signals.stimulated_trait as report
group by report.drug, report.trait, report.value
union all
select
    leaving.drug,
    '' as event,
    leaving.litigation_set,
    leaving.trait,
    leaving.value,
    count(*) as n_a,
    count(*) filter (where leaving.in_b) as n_b,
    count(*) filter (where leaving.in_c) as n_c
from leaving
group by leaving.drug, leaving.litigation_set, leaving.trait, leaving.value
union all
select
    with_event.drug,
    with_event.event,
    '' as litigation_set,
    with_event.trait,
    with_event.value,
    count(*) as n_a,
    count(*) filter (where with_event.in_b) as n_b,
    count(*) filter (where with_event.in_c) as n_c
from with_event
inner join signals.grid_pair as pair
    on
        with_event.drug = pair.drug
        and with_event.event_level = pair.event_level
        and with_event.event = pair.event
group by with_event.drug, with_event.event, with_event.trait, with_event.value
