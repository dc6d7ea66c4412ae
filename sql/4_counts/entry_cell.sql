-- Kind: table
-- Title: Reports of comparator A by the quarter in which their case first counted, as they looked then
-- Grain: (drug, event_level, event, quarter_no); groups and supergroups, unbroken quarters from the drug's first one on
-- Reads: counts.interval, counts.pair_member, counts.unbroken_quarter, cohort.drug_start, cohort.event
-- Source: docs/statistics.md, "MaxSPRT"; primary variant. Later evidence changes no count but n_retracted: reports of
--   a whose case is none of the pair at as_of (withdrawn, a suspected duplicate, or without drug or event by now).
with entered as (
    select
        interval.measure,
        interval.drug,
        interval.event_level,
        interval.event,
        interval.litigation_set,
        interval.entry_quarter_no as quarter_no,
        cast(sum(interval.n_reports) as bigint) as n_reports
    from counts.interval as interval
    where
        interval.comparator = 'A'
        and interval.event_level <> 'pt'
        and interval.known_from = interval.entry_quarter_no
    group by
        interval.measure,
        interval.drug,
        interval.event_level,
        interval.event,
        interval.litigation_set,
        interval.entry_quarter_no
),

member as (
    select
        pair_member.drug,
        pair_member.event_level,
        pair_member.event,
        pair_member.caseid,
        pair_member.known_from,
        pair_member.known_until,
        pair_member.entry_quarter_no
    from counts.pair_member as pair_member
    where
        pair_member.comparator = 'A'
        and pair_member.event_level in ('group', 'supergroup')
),

still as (
    select
        member.drug,
        member.event_level,
        member.event,
        member.caseid
    from member
    where member.known_until is null
),

retracted as (
    select
        member.drug,
        member.event_level,
        member.event,
        member.entry_quarter_no as quarter_no,
        count(*) as n_reports
    from member
    anti join still
        on
            member.drug = still.drug
            and member.event_level = still.event_level
            and member.event = still.event
            and member.caseid = still.caseid
    where member.known_from = member.entry_quarter_no
    group by member.drug, member.event_level, member.event, member.entry_quarter_no
),

pair as (
    select
        drug_start.drug_level,
        drug_start.drug,
        drug_start.first_quarter_no,
        event.event_level,
        event.event,
        event.litigation_set,
        unbroken_quarter.quarter_no
    from cohort.drug_start as drug_start
    inner join counts.unbroken_quarter as unbroken_quarter
        on drug_start.first_quarter_no <= unbroken_quarter.quarter_no
    cross join cohort.event as event
    where event.event_level in ('group', 'supergroup')
)

select
    pair.drug_level,
    pair.drug,
    pair.event_level,
    pair.event,
    pair.quarter_no,
    pair.first_quarter_no,
    coalesce(together.n_reports, 0) as a,
    coalesce(exposed.n_reports, 0) - coalesce(exposed_out.n_reports, 0) as n_drug,
    coalesce(reported.n_reports, 0) as n_event,
    coalesce(population.n_reports, 0) - coalesce(population_out.n_reports, 0) as n,
    coalesce(retracted.n_reports, 0) as n_retracted
from pair
left join entered as together
    on
        together.measure = 'a'
        and pair.drug = together.drug
        and pair.event_level = together.event_level
        and pair.event = together.event
        and pair.quarter_no = together.quarter_no
left join entered as exposed
    on
        exposed.measure = 'n_drug'
        and pair.drug = exposed.drug
        and exposed.litigation_set = ''
        and pair.quarter_no = exposed.quarter_no
left join entered as exposed_out
    on
        exposed_out.measure = 'n_drug'
        and pair.drug = exposed_out.drug
        and pair.litigation_set = exposed_out.litigation_set
        and exposed_out.litigation_set <> ''
        and pair.quarter_no = exposed_out.quarter_no
left join entered as reported
    on
        reported.measure = 'n_event'
        and pair.event_level = reported.event_level
        and pair.event = reported.event
        and pair.quarter_no = reported.quarter_no
left join entered as population
    on
        population.measure = 'n'
        and population.litigation_set = ''
        and pair.quarter_no = population.quarter_no
left join entered as population_out
    on
        population_out.measure = 'n'
        and pair.litigation_set = population_out.litigation_set
        and population_out.litigation_set <> ''
        and pair.quarter_no = population_out.quarter_no
left join retracted
    on
        pair.drug = retracted.drug
        and pair.event_level = retracted.event_level
        and pair.event = retracted.event
        and pair.quarter_no = retracted.quarter_no
