-- Kind: table
-- Title: Cells and margins of the primary variant at the latest held quarter by covariates
-- Grain: (measure, comparator, drug, event_level, event, litigation_set, covariate_no)
-- Reads: counts.covariate_count, analysis.variant_comparator, cohort.variant_reference, cohort.pattern_reference,
--   cohort.drug_start
-- Source: docs/statistics.md, "Adjusted statistics". Populations as in counts.variant_margin: A all, B people with
--   the disease, C the drug, plus its reference, minus the reports of both, since the drug's first report. Margins
--   stand by themselves, so the grid of pairs and covariates is never laid out; combinations without a report have
--   no row.
with whole as (
    select
        comparator.comparator,
        counted.report_group,
        counted.drug,
        counted.event_level,
        counted.event,
        counted.litigation_set,
        counted.covariate_no,
        counted.n_reports
    from counts.covariate_count as counted
    inner join analysis.variant_comparator as comparator
        on comparator.comparator = 'A' or (comparator.comparator = 'B' and counted.is_ms)
    where
        comparator.variant = 'primary'
        and counted.report_group in ('all', 'drug')
),

compared as (
    select
        variant_reference.drug,
        variant_reference.reference_set,
        drug_start.start_no
    from cohort.variant_reference as variant_reference
    inner join cohort.drug_start as drug_start
        on variant_reference.drug = drug_start.drug
    where variant_reference.variant = 'primary'
),

-- A set is summed over its patterns first: many drugs share it.
referred as (
    select
        pattern_reference.reference_set,
        counted.event_level,
        counted.event,
        counted.litigation_set,
        counted.n_starts,
        counted.covariate_no,
        sum(counted.n_reports) as n_reports
    from counts.covariate_count as counted
    inner join cohort.pattern_reference as pattern_reference
        on counted.pattern = pattern_reference.pattern
    where counted.report_group = 'reference'
    group by
        pattern_reference.reference_set,
        counted.event_level,
        counted.event,
        counted.litigation_set,
        counted.n_starts,
        counted.covariate_no
),

active as (
    select
        counted.report_group,
        compared.drug,
        counted.event_level,
        counted.event,
        counted.litigation_set,
        counted.covariate_no,
        counted.n_reports
    from compared
    inner join counts.covariate_count as counted
        on compared.drug = counted.drug
    where
        counted.report_group = 'drug'
        and compared.start_no <= counted.n_starts
    union all
    select
        'reference' as report_group,
        compared.drug,
        referred.event_level,
        referred.event,
        referred.litigation_set,
        referred.covariate_no,
        referred.n_reports
    from compared
    inner join referred
        on compared.reference_set = referred.reference_set
    where compared.start_no <= referred.n_starts
    union all
    select
        'both' as report_group,
        compared.drug,
        counted.event_level,
        counted.event,
        counted.litigation_set,
        counted.covariate_no,
        -counted.n_reports as n_reports
    from compared
    inner join counts.covariate_count as counted
        on compared.drug = counted.drug
    inner join cohort.pattern_reference as pattern_reference
        on
            counted.pattern = pattern_reference.pattern
            and compared.reference_set = pattern_reference.reference_set
    where
        counted.report_group = 'both'
        and compared.start_no <= counted.n_starts
),

population as (
    select
        whole.comparator,
        whole.drug,
        whole.event_level,
        whole.event,
        whole.litigation_set,
        whole.covariate_no,
        whole.n_reports
    from whole
    where whole.report_group = 'all'
    union all
    select
        'C' as comparator,
        active.drug,
        active.event_level,
        active.event,
        active.litigation_set,
        active.covariate_no,
        active.n_reports
    from active
),

exposed as (
    select
        whole.comparator,
        whole.drug,
        whole.event_level,
        whole.event,
        whole.litigation_set,
        whole.covariate_no,
        whole.n_reports
    from whole
    where whole.report_group = 'drug'
    union all
    select
        'C' as comparator,
        active.drug,
        active.event_level,
        active.event,
        active.litigation_set,
        active.covariate_no,
        active.n_reports
    from active
    where active.report_group = 'drug'
)

select
    case when event = '' then 'n' else 'n_event' end as measure,
    comparator,
    drug,
    event_level,
    event,
    litigation_set,
    covariate_no,
    cast(sum(n_reports) as bigint) as n_reports
from population
group by comparator, drug, event_level, event, litigation_set, covariate_no
having sum(n_reports) <> 0
union all
select
    case when event = '' then 'n_drug' else 'a' end as measure,
    comparator,
    drug,
    event_level,
    event,
    litigation_set,
    covariate_no,
    cast(sum(n_reports) as bigint) as n_reports
from exposed
group by comparator, drug, event_level, event, litigation_set, covariate_no
having sum(n_reports) <> 0
