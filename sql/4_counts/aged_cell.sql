-- Kind: table
-- Title: Cells and margins of the recent and of the older reports of each pair with at least three recent reports
-- Grain: (age, comparator, drug, event_level, event, quarter_no); from the ninth quarter of an unbroken span on
-- Reads: counts.aged, counts.unbroken_quarter, cohort.event, cohort.drug_start
-- Source: docs/statistics.md, "Rising". Litigated reports leave all cells, as in counts.cell. Older reports, from
--   before the drug, are of A and B only: C holds those received since the drug's first report.
with pair as (
    select
        together.comparator,
        together.drug,
        together.event_level,
        together.event,
        event.litigation_set,
        drug_start.first_quarter_no,
        together.quarter_no,
        case when together.comparator = 'C' then together.drug else '' end as population_drug
    from counts.aged as together
    inner join cohort.event as event
        on
            together.event_level = event.event_level
            and together.event = event.event
    inner join cohort.drug_start as drug_start
        on together.drug = drug_start.drug
    inner join counts.unbroken_quarter as unbroken_quarter
        on together.quarter_no = unbroken_quarter.quarter_no
    where
        together.age = 'recent'
        and together.measure = 'a'
        and together.n_reports >= 3
        and unbroken_quarter.span_no > 8
),

aged_pair as (
    select
        'recent' as age,
        pair.comparator,
        pair.drug,
        pair.event_level,
        pair.event,
        pair.litigation_set,
        0 as first_quarter_no,
        pair.quarter_no,
        pair.population_drug
    from pair
    union all
    select
        'older' as age,
        pair.comparator,
        pair.drug,
        pair.event_level,
        pair.event,
        pair.litigation_set,
        pair.first_quarter_no,
        pair.quarter_no,
        pair.population_drug
    from pair
    where pair.comparator in ('A', 'B')
)

select
    pair.age,
    pair.comparator,
    pair.drug,
    pair.event_level,
    pair.event,
    pair.quarter_no,
    coalesce(together.n_reports, 0) as a,
    coalesce(exposed.n_reports, 0) - coalesce(exposed_out.n_reports, 0) as n_drug,
    coalesce(reported.n_reports, 0) as n_event,
    coalesce(population.n_reports, 0) - coalesce(population_out.n_reports, 0) as n
from aged_pair as pair
left join counts.aged as together
    on
        together.measure = 'a'
        and pair.age = together.age
        and pair.first_quarter_no = together.first_quarter_no
        and pair.comparator = together.comparator
        and pair.drug = together.drug
        and pair.event_level = together.event_level
        and pair.event = together.event
        and pair.quarter_no = together.quarter_no
left join counts.aged as exposed
    on
        exposed.measure = 'n_drug'
        and exposed.litigation_set = ''
        and pair.age = exposed.age
        and pair.first_quarter_no = exposed.first_quarter_no
        and pair.comparator = exposed.comparator
        and pair.drug = exposed.drug
        and pair.quarter_no = exposed.quarter_no
left join counts.aged as exposed_out
    on
        exposed_out.measure = 'n_drug'
        and exposed_out.litigation_set <> ''
        and pair.litigation_set = exposed_out.litigation_set
        and pair.age = exposed_out.age
        and pair.first_quarter_no = exposed_out.first_quarter_no
        and pair.comparator = exposed_out.comparator
        and pair.drug = exposed_out.drug
        and pair.quarter_no = exposed_out.quarter_no
left join counts.aged as reported
    on
        reported.measure = 'n_event'
        and pair.age = reported.age
        and pair.first_quarter_no = reported.first_quarter_no
        and pair.comparator = reported.comparator
        and pair.population_drug = reported.drug
        and pair.event_level = reported.event_level
        and pair.event = reported.event
        and pair.quarter_no = reported.quarter_no
left join counts.aged as population
    on
        population.measure = 'n'
        and population.litigation_set = ''
        and pair.age = population.age
        and pair.first_quarter_no = population.first_quarter_no
        and pair.comparator = population.comparator
        and pair.population_drug = population.drug
        and pair.quarter_no = population.quarter_no
left join counts.aged as population_out
    on
        population_out.measure = 'n'
        and population_out.litigation_set <> ''
        and pair.litigation_set = population_out.litigation_set
        and pair.age = population_out.age
        and pair.first_quarter_no = population_out.first_quarter_no
        and pair.comparator = population_out.comparator
        and pair.population_drug = population_out.drug
        and pair.quarter_no = population_out.quarter_no
