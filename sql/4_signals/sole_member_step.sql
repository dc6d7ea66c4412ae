-- Kind: table
-- Title: Change of a and n_drug of classes by the reports that name one member only; their running sum is the count
-- Grain: (comparator, measure, drug, event_level, event, litigation_set, member, received_year, quarter_no)
-- Reads: signals.screened, signals.sole_member, counts.exposed_member, counts.pair_member, cohort.litigated_report
-- Source: +1 at known_from, -1 at known_until. n_drug of a litigation set is what the cells of its events do not hold.
with wanted as (
    select distinct
        screened.drug,
        screened.event_level,
        screened.event
    from signals.screened as screened
    where
        screened.is_screened
        and screened.drug_level = 'class'
),

exposed as (
    select
        member.comparator,
        member.drug,
        member.quarter_no,
        member.primaryid,
        member.caseid,
        sole.member,
        member.received_year,
        member.known_from,
        member.known_until
    from counts.exposed_member as member
    inner join signals.sole_member as sole
        on
            member.drug = sole.drug
            and member.quarter_no = sole.quarter_no
            and member.primaryid = sole.primaryid
    where exists (
        select 1
        from wanted
        where wanted.drug = member.drug
    )
),

counted as (
    select
        exposed.comparator,
        'n_drug' as measure,
        exposed.drug,
        '' as event_level,
        '' as event,
        '' as litigation_set,
        exposed.member,
        exposed.received_year,
        exposed.known_from,
        exposed.known_until
    from exposed
    union all
    select
        exposed.comparator,
        'n_drug' as measure,
        exposed.drug,
        '' as event_level,
        '' as event,
        litigated.litigation_set,
        exposed.member,
        exposed.received_year,
        exposed.known_from,
        exposed.known_until
    from exposed
    inner join cohort.litigated_report as litigated
        on
            exposed.quarter_no = litigated.quarter_no
            and exposed.primaryid = litigated.primaryid
            and exposed.caseid = litigated.caseid
    union all
    select
        member.comparator,
        'a' as measure,
        member.drug,
        member.event_level,
        member.event,
        '' as litigation_set,
        sole.member,
        member.received_year,
        member.known_from,
        member.known_until
    from counts.pair_member as member
    inner join wanted
        on
            member.drug = wanted.drug
            and member.event_level = wanted.event_level
            and member.event = wanted.event
    inner join signals.sole_member as sole
        on
            member.drug = sole.drug
            and member.quarter_no = sole.quarter_no
            and member.primaryid = sole.primaryid
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
    member,
    received_year,
    quarter_no,
    cast(sum(step) as bigint) as step
from change
group by comparator, measure, drug, event_level, event, litigation_set, member, received_year, quarter_no
