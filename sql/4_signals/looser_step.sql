-- Kind: table
-- Title: Change of a and n_drug by the reports that fall short of a link, for pairs that cross; summed, the count
-- Grain: (comparator, measure, drug, event_level, event, litigation_set, received_year, quarter_no)
-- Reads: signals.screened, signals.looser_cover, counts.exposed_member, counts.pair_member, cohort.litigated_report
-- Source: +1 where a report counts and is covered, -1 where either ends. n_drug of a litigation set is what the cells
--   of its events do not hold.
with wanted as (
    select distinct
        screened.drug,
        screened.event_level,
        screened.event
    from signals.screened as screened
    where
        screened.is_screened
        and screened.by_a
        and (screened.by_b or screened.by_c)
),

exposed as (
    select
        member.comparator,
        member.drug,
        member.quarter_no,
        member.primaryid,
        member.caseid,
        member.received_year,
        greatest(member.known_from, cover.covered_from) as from_no,
        least(coalesce(member.known_until, 32767), cover.until_no) as until_no
    from counts.exposed_member as member
    inner join signals.looser_cover as cover
        on
            member.quarter_no = cover.quarter_no
            and member.primaryid = cover.primaryid
            and member.caseid = cover.caseid
    where exists (
        select 1
        from wanted
        where wanted.drug = member.drug
    )
),

together as (
    select
        member.comparator,
        member.drug,
        member.event_level,
        member.event,
        member.received_year,
        greatest(member.known_from, cover.covered_from) as from_no,
        least(coalesce(member.known_until, 32767), cover.until_no) as until_no
    from counts.pair_member as member
    inner join wanted
        on
            member.drug = wanted.drug
            and member.event_level = wanted.event_level
            and member.event = wanted.event
    inner join signals.looser_cover as cover
        on
            member.quarter_no = cover.quarter_no
            and member.primaryid = cover.primaryid
            and member.caseid = cover.caseid
),

counted as (
    select
        exposed.comparator,
        'n_drug' as measure,
        exposed.drug,
        '' as event_level,
        '' as event,
        '' as litigation_set,
        exposed.received_year,
        exposed.from_no,
        exposed.until_no
    from exposed
    union all
    select
        exposed.comparator,
        'n_drug' as measure,
        exposed.drug,
        '' as event_level,
        '' as event,
        litigated.litigation_set,
        exposed.received_year,
        exposed.from_no,
        exposed.until_no
    from exposed
    inner join cohort.litigated_report as litigated
        on
            exposed.quarter_no = litigated.quarter_no
            and exposed.primaryid = litigated.primaryid
            and exposed.caseid = litigated.caseid
    union all
    select
        together.comparator,
        'a' as measure,
        together.drug,
        together.event_level,
        together.event,
        '' as litigation_set,
        together.received_year,
        together.from_no,
        together.until_no
    from together
),

change as (
    select
        counted.*,
        counted.from_no as quarter_no,
        1 as step
    from counted
    where counted.from_no < counted.until_no
    union all
    select
        counted.*,
        counted.until_no as quarter_no,
        -1 as step
    from counted
    where
        counted.from_no < counted.until_no
        and counted.until_no < 32767
)

select
    comparator,
    measure,
    drug,
    event_level,
    event,
    litigation_set,
    received_year,
    quarter_no,
    cast(sum(step) as bigint) as step
from change
group by comparator, measure, drug, event_level, event, litigation_set, received_year, quarter_no
