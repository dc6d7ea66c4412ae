-- Kind: table
-- Title: The top contributor of each pair's event that is neither the drug nor a member of the class
-- Grain: (drug, event_level, event); no row where no other substance masks the event
-- Reads: counts.cell, counts.contributor, cohort.own_substance, cases.held_quarter
-- Source: docs/cohort.md, "Masking". Primary variant, comparator A, latest quarter; groups and supergroups.
with pair as (
    select
        cell.drug_level,
        cell.drug,
        cell.event_level,
        cell.event,
        cell.a,
        cell.n_drug
    from counts.cell as cell
    where
        cell.variant = 'primary'
        and cell.comparator = 'A'
        and cell.event_level in ('group', 'supergroup')
        and cell.quarter_no = (select max(held_quarter.quarter_no) from cases.held_quarter as held_quarter)
),

top as (
    select
        pair.drug,
        pair.event_level,
        pair.event,
        min(contributor.place) as place
    from pair
    inner join counts.contributor as contributor
        on
            pair.event_level = contributor.event_level
            and pair.event = contributor.event
    where
        not exists (
            select 1
            from cohort.own_substance as own
            where
                own.drug = pair.drug
                and own.substance = contributor.substance
        )
    group by pair.drug, pair.event_level, pair.event
)

select
    pair.drug_level,
    pair.drug,
    pair.event_level,
    pair.event,
    contributor.litigation_set,
    contributor.substance as contributor,
    contributor.n_both,
    contributor.n_substance,
    contributor.masking_ratio,
    pair.a,
    pair.n_drug,
    contributor.n_event,
    contributor.n
from pair
inner join top
    on
        pair.drug = top.drug
        and pair.event_level = top.event_level
        and pair.event = top.event
inner join counts.contributor as contributor
    on
        top.event_level = contributor.event_level
        and top.event = contributor.event
        and top.place = contributor.place
