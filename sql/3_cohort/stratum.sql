-- Kind: table
-- Title: Every combination of traits that a report has; counts by stratum add up to any population
-- Grain: stratum_no
-- Reads: cohort.report_trait
-- Source: docs/variants.md
with combination as (
    select distinct
        trait.is_ms,
        trait.received_year,
        trait.n_starts,
        trait.is_suspected_duplicate,
        trait.reporter,
        trait.sex,
        trait.age_band,
        trait.region,
        trait.seriousness,
        trait.therapies
    from cohort.report_trait as trait
)

select
    is_ms,
    received_year,
    n_starts,
    is_suspected_duplicate,
    reporter,
    sex,
    age_band,
    region,
    seriousness,
    therapies,
    row_number() over (
        order by
            received_year asc,
            n_starts asc,
            is_ms asc,
            is_suspected_duplicate asc,
            reporter asc,
            sex asc,
            age_band asc,
            region asc,
            seriousness asc,
            therapies asc
    ) as stratum_no
from combination
