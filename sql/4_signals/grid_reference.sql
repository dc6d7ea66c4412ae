-- Kind: table
-- Title: Comparator C of each drug on the board by what the grid asks: the drug, its reference, and those of both
-- Grain: (role_set, report_group, drug, event, event_use, litigation_set, trait_no)
-- Reads: signals.grid_count, signals.grid_pair, cohort.variant_reference, cohort.pattern_reference, cohort.drug_start
-- Source: docs/variants.md: the drug, plus its reference, minus the reports of both, since the drug's first report;
--   the reference is that of the primary variant
with wanted as (
    select
        pair.drug,
        pair.event
    from signals.grid_pair as pair
    union distinct
    select
        pair.drug,
        '' as event
    from signals.grid_pair as pair
),

compared as (
    select
        wanted.drug,
        wanted.event,
        reference.reference_set,
        drug_start.start_no
    from wanted
    inner join cohort.variant_reference as reference
        on wanted.drug = reference.drug
    inner join cohort.drug_start as drug_start
        on wanted.drug = drug_start.drug
    where reference.variant = 'primary'
),

-- A set is summed over its patterns first: many drugs share it.
referred as (
    select
        pattern.reference_set,
        counted.role_set,
        counted.event,
        counted.event_use,
        counted.litigation_set,
        counted.n_starts,
        counted.trait_no,
        sum(counted.n_reports) as n_reports
    from signals.grid_count as counted
    inner join cohort.pattern_reference as pattern
        on counted.pattern = pattern.pattern
    where counted.report_group = 'reference'
    group by
        pattern.reference_set,
        counted.role_set,
        counted.event,
        counted.event_use,
        counted.litigation_set,
        counted.n_starts,
        counted.trait_no
),

active as (
    select
        counted.report_group,
        counted.role_set,
        compared.drug,
        counted.event,
        counted.event_use,
        counted.litigation_set,
        counted.trait_no,
        counted.n_reports
    from compared
    inner join signals.grid_count as counted
        on
            compared.drug = counted.drug
            and compared.event = counted.event
    where
        counted.report_group = 'drug'
        and compared.start_no <= counted.n_starts
    union all
    select
        'reference' as report_group,
        referred.role_set,
        compared.drug,
        referred.event,
        referred.event_use,
        referred.litigation_set,
        referred.trait_no,
        referred.n_reports
    from compared
    inner join referred
        on
            compared.reference_set = referred.reference_set
            and compared.event = referred.event
    where compared.start_no <= referred.n_starts
    union all
    select
        'both' as report_group,
        counted.role_set,
        compared.drug,
        counted.event,
        counted.event_use,
        counted.litigation_set,
        counted.trait_no,
        -counted.n_reports as n_reports
    from compared
    inner join signals.grid_count as counted
        on
            compared.drug = counted.drug
            and compared.event = counted.event
    inner join cohort.pattern_reference as pattern
        on
            counted.pattern = pattern.pattern
            and compared.reference_set = pattern.reference_set
    where
        counted.report_group = 'both'
        and compared.start_no <= counted.n_starts
)

select
    role_set,
    report_group,
    drug,
    event,
    event_use,
    litigation_set,
    trait_no,
    cast(sum(n_reports) as bigint) as n_reports
from active
group by role_set, report_group, drug, event, event_use, litigation_set, trait_no
