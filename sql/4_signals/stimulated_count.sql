-- Kind: table
-- Title: Reports of drugs of the board by trait and value: all, those that leave as litigated, and those with an event
-- Grain: (drug, event, litigation_set, trait, value)
-- Reads: signals.stimulated_trait, signals.grid_pair, cohort.litigated_report, cohort.outcome
-- Source: docs/signals.md, "Stimulated reporting". event is '' for all reports of the drug; litigation_set is '' for
--   all of them, else those that leave for the events of the set. Of an event, only reports that stay.
with needed_set as (
    select distinct
        pair.drug,
        pair.litigation_set
    from signals.grid_pair as pair
    where pair.litigation_set <> ''
),

counted as (
    select
        report.drug,
        '' as event,
        '' as litigation_set,
        report.trait,
        report.value,
        report.in_b,
        report.in_c
    from signals.stimulated_trait as report
    union all
    select
        report.drug,
        '' as event,
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
    union all
    select
        report.drug,
        pair.event,
        '' as litigation_set,
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
    inner join signals.grid_pair as pair
        on
            report.drug = pair.drug
            and outcome.event_level = pair.event_level
            and outcome.event = pair.event
    where not outcome.is_litigated
)

select
    drug,
    event,
    litigation_set,
    trait,
    value,
    count(*) as n_a,
    count(*) filter (where in_b) as n_b,
    count(*) filter (where in_c) as n_c
from counted
group by drug, event, litigation_set, trait, value
