-- Kind: table
-- Title: The 2x2 table of each pair in each comparator as of each held quarter
-- Grain: (variant, comparator, drug, event_level, event, quarter_no)
-- Reads: counts.margin, cohort.event, cohort.drug_start, cases.held_quarter, analysis.variant,
--   analysis.variant_comparator, cohort.variant_reference
-- Source: a drug and event, n_drug all of the drug, n_event all with the event, n the population; litigated
--   reports leave all of them. Groups and supergroups: every pair from the drug's first quarter on, zeros
--   included; preferred terms: a >= 1. Variants other than the primary one: at the latest quarter.
with variant_quarter as (
    select
        variant.variant,
        held_quarter.quarter_no
    from analysis.variant as variant
    cross join cases.held_quarter as held_quarter
    where
        variant.variant = 'primary'
        or held_quarter.quarter_no = (select max(latest.quarter_no) from cases.held_quarter as latest)
),

compared as (
    select
        variant.variant,
        comparator.comparator,
        drug_start.drug_level,
        drug_start.drug,
        drug_start.first_quarter_no,
        case
            when comparator.comparator = 'C' or variant.is_aligned then drug_start.drug
            else ''
        end as population_drug
    from analysis.variant as variant
    inner join analysis.variant_comparator as comparator
        on variant.variant = comparator.variant
    cross join cohort.drug_start as drug_start
    where
        comparator.comparator <> 'C'
        or exists (
            select 1
            from cohort.variant_reference as variant_reference
            where
                variant_reference.variant = variant.variant
                and variant_reference.drug = drug_start.drug
        )
),

pair as (
    select
        compared.variant,
        compared.comparator,
        compared.drug_level,
        compared.drug,
        compared.population_drug,
        event.event_level,
        event.event,
        event.litigation_set,
        variant_quarter.quarter_no
    from compared
    inner join variant_quarter
        on
            compared.variant = variant_quarter.variant
            and compared.first_quarter_no <= variant_quarter.quarter_no
    cross join cohort.event as event
    where event.event_level <> 'pt'
    union all
    select
        compared.variant,
        compared.comparator,
        compared.drug_level,
        compared.drug,
        compared.population_drug,
        event.event_level,
        event.event,
        event.litigation_set,
        together.quarter_no
    from compared
    inner join counts.margin as together
        on
            compared.variant = together.variant
            and compared.comparator = together.comparator
            and compared.drug = together.drug
    inner join cohort.event as event
        on
            together.event_level = event.event_level
            and together.event = event.event
    where
        together.measure = 'a'
        and together.event_level = 'pt'
        and together.n_reports >= 1
)

select
    pair.variant,
    pair.comparator,
    pair.drug_level,
    pair.drug,
    pair.event_level,
    pair.event,
    pair.quarter_no,
    coalesce(together.n_reports, 0) as a,
    coalesce(exposed.n_reports, 0) - coalesce(exposed_out.n_reports, 0) as n_drug,
    coalesce(reported.n_reports, 0) as n_event,
    coalesce(population.n_reports, 0) - coalesce(population_out.n_reports, 0) as n
from pair
left join counts.margin as together
    on
        together.measure = 'a'
        and pair.variant = together.variant
        and pair.comparator = together.comparator
        and pair.drug = together.drug
        and pair.event_level = together.event_level
        and pair.event = together.event
        and pair.quarter_no = together.quarter_no
left join counts.margin as exposed
    on
        exposed.measure = 'n_drug'
        and pair.variant = exposed.variant
        and pair.comparator = exposed.comparator
        and pair.drug = exposed.drug
        and exposed.litigation_set = ''
        and pair.quarter_no = exposed.quarter_no
left join counts.margin as exposed_out
    on
        exposed_out.measure = 'n_drug'
        and pair.variant = exposed_out.variant
        and pair.comparator = exposed_out.comparator
        and pair.drug = exposed_out.drug
        and pair.litigation_set = exposed_out.litigation_set
        and exposed_out.litigation_set <> ''
        and pair.quarter_no = exposed_out.quarter_no
left join counts.margin as reported
    on
        reported.measure = 'n_event'
        and pair.variant = reported.variant
        and pair.comparator = reported.comparator
        and pair.population_drug = reported.drug
        and pair.event_level = reported.event_level
        and pair.event = reported.event
        and pair.quarter_no = reported.quarter_no
left join counts.margin as population
    on
        population.measure = 'n'
        and pair.variant = population.variant
        and pair.comparator = population.comparator
        and pair.population_drug = population.drug
        and population.litigation_set = ''
        and pair.quarter_no = population.quarter_no
left join counts.margin as population_out
    on
        population_out.measure = 'n'
        and pair.variant = population_out.variant
        and pair.comparator = population_out.comparator
        and pair.population_drug = population_out.drug
        and pair.litigation_set = population_out.litigation_set
        and population_out.litigation_set <> ''
        and pair.quarter_no = population_out.quarter_no
