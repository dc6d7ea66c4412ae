-- Kind: table
-- Title: Change of each cell and margin if the reports of one litigated ingredient are put back; the running sum is it
-- Grain: (comparator, measure, drug, event_level, event, litigation_set, ingredient, received_year, quarter_no)
-- Reads: signals.screened, signals.sole_litigated, counts.population_member, counts.exposed_member, cohort.outcome,
--   cohort.event
-- Source: +1 at known_from, -1 at known_until; reports that no other ingredient of the set keeps out. drug is '' in
--   n_event and n of A and B, as in counts.interval.
with wanted as (
    select distinct
        screened.drug,
        screened.event_level,
        screened.event,
        event.litigation_set
    from signals.screened as screened
    inner join cohort.event as event
        on
            screened.event_level = event.event_level
            and screened.event = event.event
    where
        screened.is_screened
        and screened.by_a
        and (screened.by_b or screened.by_c)
        and event.litigation_set <> ''
),

wanted_drug as (
    select distinct wanted.drug
    from wanted
    union all
    select '' as drug
),

wanted_event as (
    select distinct
        wanted.event_level,
        wanted.event,
        wanted.litigation_set
    from wanted
),

population as (
    select
        member.comparator,
        member.drug,
        member.quarter_no,
        member.primaryid,
        member.caseid,
        member.received_year,
        member.known_from,
        member.known_until,
        sole.litigation_set,
        sole.ingredient
    from counts.population_member as member
    inner join signals.sole_litigated as sole
        on
            member.quarter_no = sole.quarter_no
            and member.primaryid = sole.primaryid
            and member.caseid = sole.caseid
    inner join wanted_drug
        on member.drug = wanted_drug.drug
),

exposed as (
    select
        member.comparator,
        member.drug,
        member.quarter_no,
        member.primaryid,
        member.caseid,
        member.received_year,
        member.known_from,
        member.known_until,
        sole.litigation_set,
        sole.ingredient
    from counts.exposed_member as member
    inner join signals.sole_litigated as sole
        on
            member.quarter_no = sole.quarter_no
            and member.primaryid = sole.primaryid
            and member.caseid = sole.caseid
    inner join wanted_drug
        on member.drug = wanted_drug.drug
),

outcome as (
    select
        reported.quarter_no,
        reported.primaryid,
        reported.caseid,
        wanted_event.event_level,
        wanted_event.event,
        wanted_event.litigation_set
    from cohort.outcome as reported
    inner join wanted_event
        on
            reported.event_level = wanted_event.event_level
            and reported.event = wanted_event.event
    where reported.is_litigated
),

counted as (
    select
        population.comparator,
        'n' as measure,
        population.drug,
        '' as event_level,
        '' as event,
        population.litigation_set,
        population.ingredient,
        population.received_year,
        population.known_from,
        population.known_until
    from population
    union all
    select
        exposed.comparator,
        'n_drug' as measure,
        exposed.drug,
        '' as event_level,
        '' as event,
        exposed.litigation_set,
        exposed.ingredient,
        exposed.received_year,
        exposed.known_from,
        exposed.known_until
    from exposed
    union all
    select
        population.comparator,
        'n_event' as measure,
        population.drug,
        outcome.event_level,
        outcome.event,
        population.litigation_set,
        population.ingredient,
        population.received_year,
        population.known_from,
        population.known_until
    from population
    inner join outcome
        on
            population.quarter_no = outcome.quarter_no
            and population.primaryid = outcome.primaryid
            and population.caseid = outcome.caseid
            and population.litigation_set = outcome.litigation_set
    union all
    select
        exposed.comparator,
        'a' as measure,
        exposed.drug,
        outcome.event_level,
        outcome.event,
        exposed.litigation_set,
        exposed.ingredient,
        exposed.received_year,
        exposed.known_from,
        exposed.known_until
    from exposed
    inner join outcome
        on
            exposed.quarter_no = outcome.quarter_no
            and exposed.primaryid = outcome.primaryid
            and exposed.caseid = outcome.caseid
            and exposed.litigation_set = outcome.litigation_set
),

change as (
    select
        counted.*,
        counted.known_from as quarter_no,
        1 as step
    from counted
    union all
    select
        counted.*,
        counted.known_until as quarter_no,
        -1 as step
    from counted
    where counted.known_until is not null
)

select
    comparator,
    measure,
    drug,
    event_level,
    event,
    litigation_set,
    ingredient,
    received_year,
    quarter_no,
    cast(sum(step) as bigint) as step
from change
group by comparator, measure, drug, event_level, event, litigation_set, ingredient, received_year, quarter_no
