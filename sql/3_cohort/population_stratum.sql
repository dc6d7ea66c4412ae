-- Kind: table
-- Title: Which strata make the population of a variant
-- Grain: (population, stratum_no)
-- Reads: cohort.stratum, analysis.population, analysis.population_trait
-- Source: docs/variants.md; a stratum belongs where each trait that the population restricts has an allowed value
with trait_value as (
    select
        stratum.stratum_no,
        'is_suspected_duplicate' as trait,
        case when stratum.is_suspected_duplicate then 'yes' else 'no' end as value
    from cohort.stratum as stratum
    union all
    select
        stratum.stratum_no,
        'received_year' as trait,
        cast(stratum.received_year as varchar) as value
    from cohort.stratum as stratum
    union all
    select
        stratum.stratum_no,
        'reporter' as trait,
        stratum.reporter as value
    from cohort.stratum as stratum
    union all
    select
        stratum.stratum_no,
        'sex' as trait,
        stratum.sex as value
    from cohort.stratum as stratum
    union all
    select
        stratum.stratum_no,
        'age_band' as trait,
        stratum.age_band as value
    from cohort.stratum as stratum
    union all
    select
        stratum.stratum_no,
        'region' as trait,
        stratum.region as value
    from cohort.stratum as stratum
    union all
    select
        stratum.stratum_no,
        'seriousness' as trait,
        stratum.seriousness as value
    from cohort.stratum as stratum
    union all
    select
        stratum.stratum_no,
        'therapies' as trait,
        stratum.therapies as value
    from cohort.stratum as stratum
),

allowed as (
    select
        listed.population,
        trait_value.stratum_no,
        count(*) as n_traits
    from trait_value
    inner join analysis.population_trait as listed
        on
            trait_value.trait = listed.trait
            and trait_value.value = listed.value
    group by listed.population, trait_value.stratum_no
)

select
    population.population,
    stratum.stratum_no,
    stratum.is_ms,
    stratum.n_starts
from cohort.stratum as stratum
cross join analysis.population as population
left join allowed
    on
        population.population = allowed.population
        and stratum.stratum_no = allowed.stratum_no
where coalesce(allowed.n_traits, 0) = population.n_traits
