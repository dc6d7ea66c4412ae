-- Kind: table
-- Title: Reports by the interval in which they count, for each cell and margin
-- Grain: (measure, comparator, drug, event_level, event, litigation_set, known_from, known_until)
-- Reads: counts.population_member, counts.exposed_member, counts.pair_member, cohort.outcome,
--   cohort.litigated_report
-- Source: design, "Evidence has an interval". n and n_drug of a litigation set are what leaves, n_event and a
--   are counted without the litigated reports.
with population as (
    select
        'n' as measure,
        member.comparator,
        member.drug,
        '' as event_level,
        '' as event,
        '' as litigation_set,
        member.known_from,
        member.known_until,
        member.received_year,
        member.entry_quarter_no
    from counts.population_member as member
),

population_litigated as (
    select
        'n' as measure,
        member.comparator,
        member.drug,
        '' as event_level,
        '' as event,
        litigated.litigation_set,
        member.known_from,
        member.known_until,
        member.received_year,
        member.entry_quarter_no
    from counts.population_member as member
    inner join cohort.litigated_report as litigated
        on
            member.quarter_no = litigated.quarter_no
            and member.primaryid = litigated.primaryid
            and member.caseid = litigated.caseid
),

exposed as (
    select
        'n_drug' as measure,
        member.comparator,
        member.drug,
        '' as event_level,
        '' as event,
        '' as litigation_set,
        member.known_from,
        member.known_until,
        member.received_year,
        member.entry_quarter_no
    from counts.exposed_member as member
),

exposed_litigated as (
    select
        'n_drug' as measure,
        member.comparator,
        member.drug,
        '' as event_level,
        '' as event,
        litigated.litigation_set,
        member.known_from,
        member.known_until,
        member.received_year,
        member.entry_quarter_no
    from counts.exposed_member as member
    inner join cohort.litigated_report as litigated
        on
            member.quarter_no = litigated.quarter_no
            and member.primaryid = litigated.primaryid
            and member.caseid = litigated.caseid
),

event_reported as (
    select
        'n_event' as measure,
        member.comparator,
        member.drug,
        outcome.event_level,
        outcome.event,
        '' as litigation_set,
        member.known_from,
        member.known_until,
        member.received_year,
        member.entry_quarter_no
    from counts.population_member as member
    inner join cohort.outcome as outcome
        on
            member.quarter_no = outcome.quarter_no
            and member.primaryid = outcome.primaryid
            and member.caseid = outcome.caseid
    where not outcome.is_litigated
),

together as (
    select
        'a' as measure,
        member.comparator,
        member.drug,
        member.event_level,
        member.event,
        '' as litigation_set,
        member.known_from,
        member.known_until,
        member.received_year,
        member.entry_quarter_no
    from counts.pair_member as member
),

counted as (
    select population.* from population
    union all
    select population_litigated.* from population_litigated
    union all
    select exposed.* from exposed
    union all
    select exposed_litigated.* from exposed_litigated
    union all
    select event_reported.* from event_reported
    union all
    select together.* from together
)

select
    measure,
    comparator,
    drug,
    event_level,
    event,
    litigation_set,
    known_from,
    known_until,
    received_year,
    entry_quarter_no,
    count(*) as n_reports
from counted
group by
    measure,
    comparator,
    drug,
    event_level,
    event,
    litigation_set,
    known_from,
    known_until,
    received_year,
    entry_quarter_no
