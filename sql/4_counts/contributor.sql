-- Kind: table
-- Title: Substances that raise an event's share of the reports of comparator A, the one that masks most first
-- Grain: (event_level, event, substance)
-- Reads: cohort.outcome, cohort.event, counts.substance_member, counts.substance_margin, counts.cell,
--   cases.held_quarter
-- Source: docs/cohort.md, "Masking"; Maignen et al. 2014, Pharmacoepidemiol Drug Saf 23:195. Primary variant, latest
--   quarter. At least 3 reports of the event: with fewer a ratio is that of a rare name, not of a contributor.
with together as (
    select
        outcome.event_level,
        outcome.event,
        member.substance,
        count(*) as n_both
    from cohort.outcome as outcome
    inner join counts.substance_member as member
        on
            outcome.quarter_no = member.quarter_no
            and outcome.primaryid = member.primaryid
            and outcome.caseid = member.caseid
    where
        not outcome.is_litigated
        and outcome.event_level <> 'pt'
    group by outcome.event_level, outcome.event, member.substance
    having count(*) >= 3
),

background as (
    select distinct
        cell.event_level,
        cell.event,
        cell.n_event,
        cell.n
    from counts.cell as cell
    where
        cell.variant = 'primary'
        and cell.comparator = 'A'
        and cell.event_level <> 'pt'
        and cell.quarter_no = (select max(held_quarter.quarter_no) from cases.held_quarter as held_quarter)
),

compared as (
    select
        together.event_level,
        together.event,
        event.litigation_set,
        together.substance,
        together.n_both,
        margin.n_substance,
        background.n_event,
        background.n,
        case
            when together.n_both = background.n_event then cast('infinity' as double)
            else
                (cast(background.n_event as double) / background.n)
                / (
                    cast(background.n_event - together.n_both as double)
                    / (background.n - margin.n_substance)
                )
        end as masking_ratio
    from together
    inner join cohort.event as event
        on
            together.event_level = event.event_level
            and together.event = event.event
    inner join background
        on
            together.event_level = background.event_level
            and together.event = background.event
    inner join counts.substance_margin as margin
        on
            event.litigation_set = margin.litigation_set
            and together.substance = margin.substance
    where background.n > margin.n_substance
)

select
    event_level,
    event,
    litigation_set,
    substance,
    n_both,
    n_substance,
    n_event,
    n,
    masking_ratio,
    row_number() over (
        partition by event_level, event
        order by
            masking_ratio desc,
            n_both desc,
            substance asc
    ) as place
from compared
where masking_ratio > 1
