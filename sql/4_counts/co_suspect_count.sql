-- Kind: table
-- Title: Reports of each combination in the four strata that drug and substance make, with the event and all of them
-- Grain: (drug, event_level, event, substance); at least 3 reports with all three
-- Reads: counts.co_suspect_event, counts.co_suspect, counts.substance_margin, counts.substance_member, counts.cell,
--   cohort.outcome, cohort.event, cohort.own_substance, cases.held_quarter
-- Source: docs/statistics.md, "Pairs of drugs"; Noren et al. 2008, Stat Med 27:3057. First digit the drug, second the
--   substance, third the event; n11, n10, n01, n00 hold the reports without the event too.
with reported as (
    select distinct
        kept.event_level,
        kept.event,
        kept.substance
    from counts.co_suspect_event as kept
),

substance_event as (
    select
        reported.event_level,
        reported.event,
        reported.substance,
        count(*) as n_reports
    from reported
    inner join counts.substance_member as member
        on reported.substance = member.substance
    inner join cohort.outcome as outcome
        on
            reported.event_level = outcome.event_level
            and reported.event = outcome.event
            and member.quarter_no = outcome.quarter_no
            and member.primaryid = outcome.primaryid
            and member.caseid = outcome.caseid
    where not outcome.is_litigated
    group by reported.event_level, reported.event, reported.substance
),

family as (
    select
        event.event_level,
        count(*) as n_combinations
    from counts.co_suspect as together
    inner join cohort.event as event
        on together.litigation_set = event.litigation_set
    where event.event_level in ('group', 'supergroup')
    group by event.event_level
),

therapy as (
    select distinct own.substance
    from cohort.own_substance as own
)

select
    kept.drug,
    kept.substance,
    kept.event_level,
    kept.event,
    family.n_combinations,
    kept.n_reports as n111,
    together.n_both as n11,
    therapy.substance is not null as is_therapy,
    cell.a - kept.n_reports as n101,
    cell.n_drug - together.n_both as n10,
    substance_event.n_reports - kept.n_reports as n011,
    margin.n_substance - together.n_both as n01,
    cell.n_event - cell.a - substance_event.n_reports + kept.n_reports as n001,
    cell.n - cell.n_drug - margin.n_substance + together.n_both as n00
from counts.co_suspect_event as kept
inner join cohort.event as event
    on
        kept.event_level = event.event_level
        and kept.event = event.event
inner join counts.cell as cell
    on
        kept.drug = cell.drug
        and kept.event_level = cell.event_level
        and kept.event = cell.event
inner join counts.co_suspect as together
    on
        event.litigation_set = together.litigation_set
        and kept.drug = together.drug
        and kept.substance = together.substance
inner join counts.substance_margin as margin
    on
        event.litigation_set = margin.litigation_set
        and kept.substance = margin.substance
inner join substance_event
    on
        kept.event_level = substance_event.event_level
        and kept.event = substance_event.event
        and kept.substance = substance_event.substance
inner join family
    on kept.event_level = family.event_level
left join therapy
    on kept.substance = therapy.substance
where
    cell.variant = 'primary'
    and cell.comparator = 'A'
    and cell.quarter_no = (select max(held_quarter.quarter_no) from cases.held_quarter as held_quarter)
