-- Kind: table
-- Title: The 2x2 table of each pair and that of its recent reports, with at least three recent reports of the pair
-- Grain: (comparator, drug, event_level, event, quarter_no); from the ninth quarter of an unbroken span on
-- Reads: counts.recent, counts.cell, counts.unbroken_quarter, cohort.event
-- Source: docs/statistics.md, "Rising"; primary variant. Litigated reports leave all cells, as in counts.cell.
with pair as (
    select
        cell.comparator,
        cell.drug_level,
        cell.drug,
        cell.event_level,
        cell.event,
        event.litigation_set,
        cell.quarter_no,
        cell.a,
        cell.n_drug,
        cell.n_event,
        cell.n,
        together.n_reports as a_recent,
        case when cell.comparator = 'C' then cell.drug else '' end as population_drug
    from counts.recent as together
    inner join counts.cell as cell
        on
            together.comparator = cell.comparator
            and together.drug = cell.drug
            and together.event_level = cell.event_level
            and together.event = cell.event
            and together.quarter_no = cell.quarter_no
    inner join cohort.event as event
        on
            cell.event_level = event.event_level
            and cell.event = event.event
    inner join counts.unbroken_quarter as unbroken_quarter
        on cell.quarter_no = unbroken_quarter.quarter_no
    where
        together.measure = 'a'
        and together.n_reports >= 3
        and cell.variant = 'primary'
        and unbroken_quarter.span_no > 8
)

select
    pair.comparator,
    pair.drug_level,
    pair.drug,
    pair.event_level,
    pair.event,
    pair.quarter_no,
    pair.a_recent,
    pair.a,
    pair.n_drug,
    pair.n_event,
    pair.n,
    reported.n_reports as n_event_recent,
    exposed.n_reports - coalesce(exposed_out.n_reports, 0) as n_drug_recent,
    population.n_reports - coalesce(population_out.n_reports, 0) as n_recent
from pair
inner join counts.recent as exposed
    on
        exposed.measure = 'n_drug'
        and pair.comparator = exposed.comparator
        and pair.drug = exposed.drug
        and exposed.litigation_set = ''
        and pair.quarter_no = exposed.quarter_no
left join counts.recent as exposed_out
    on
        exposed_out.measure = 'n_drug'
        and pair.comparator = exposed_out.comparator
        and pair.drug = exposed_out.drug
        and pair.litigation_set = exposed_out.litigation_set
        and exposed_out.litigation_set <> ''
        and pair.quarter_no = exposed_out.quarter_no
inner join counts.recent as reported
    on
        reported.measure = 'n_event'
        and pair.comparator = reported.comparator
        and pair.population_drug = reported.drug
        and pair.event_level = reported.event_level
        and pair.event = reported.event
        and pair.quarter_no = reported.quarter_no
inner join counts.recent as population
    on
        population.measure = 'n'
        and pair.comparator = population.comparator
        and pair.population_drug = population.drug
        and population.litigation_set = ''
        and pair.quarter_no = population.quarter_no
left join counts.recent as population_out
    on
        population_out.measure = 'n'
        and pair.comparator = population_out.comparator
        and pair.population_drug = population_out.drug
        and pair.litigation_set = population_out.litigation_set
        and population_out.litigation_set <> ''
        and pair.quarter_no = population_out.quarter_no
