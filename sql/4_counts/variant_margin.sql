-- Kind: table
-- Title: Cells and margins of every variant at the latest held quarter, the primary one included
-- Grain: (variant, measure, comparator, drug, event_level, event, litigation_set)
-- Reads: counts.selected_count, analysis.variant, analysis.variant_comparator,
--   cohort.variant_reference, counts.selected_reference, cohort.drug_start
-- Source: docs/variants.md. Populations: A all, B people with the disease, both since the drug's first report where
--   the variant is aligned; C the drug, plus its reference, minus the reports of both, since the drug's first report.
with whole as (
    select
        variant.variant,
        comparator.comparator,
        selected.report_group,
        selected.event_level,
        selected.event,
        selected.litigation_set,
        selected.drug,
        selected.n_reports
    from analysis.variant as variant
    inner join analysis.variant_comparator as comparator
        on variant.variant = comparator.variant
    inner join counts.selected_count as selected
        on variant.selection = selected.selection
    where
        not variant.is_aligned
        and selected.report_group in ('all', 'drug')
        and (comparator.comparator = 'A' or (comparator.comparator = 'B' and selected.is_ms))
),

aligned as (
    select
        variant.variant,
        comparator.comparator,
        selected.report_group,
        selected.event_level,
        selected.event,
        selected.litigation_set,
        drug_start.drug,
        selected.n_reports
    from analysis.variant as variant
    inner join analysis.variant_comparator as comparator
        on variant.variant = comparator.variant
    inner join counts.selected_count as selected
        on variant.selection = selected.selection
    inner join cohort.drug_start as drug_start
        on
            selected.n_starts >= drug_start.start_no
            and (selected.report_group = 'all' or selected.drug = drug_start.drug)
    where
        variant.is_aligned
        and selected.report_group in ('all', 'drug')
        and (comparator.comparator = 'A' or (comparator.comparator = 'B' and selected.is_ms))
),

compared as (
    select
        variant_reference.variant,
        variant_reference.selection,
        variant_reference.reference_set,
        drug_start.drug,
        drug_start.start_no
    from cohort.variant_reference as variant_reference
    inner join cohort.drug_start as drug_start
        on variant_reference.drug = drug_start.drug
),

active as (
    select
        compared.variant,
        'C' as comparator,
        selected.report_group,
        selected.event_level,
        selected.event,
        selected.litigation_set,
        compared.drug,
        selected.n_reports
    from compared
    inner join counts.selected_count as selected
        on
            compared.selection = selected.selection
            and compared.drug = selected.drug
    where
        selected.report_group = 'drug'
        and compared.start_no <= selected.n_starts
    union all
    select
        compared.variant,
        'C' as comparator,
        selected.report_group,
        selected.event_level,
        selected.event,
        selected.litigation_set,
        compared.drug,
        selected.n_reports
    from compared
    inner join counts.selected_reference as selected
        on
            compared.selection = selected.selection
            and compared.reference_set = selected.reference_set
    where
        selected.report_group = 'reference'
        and compared.start_no <= selected.n_starts
    union all
    select
        compared.variant,
        'C' as comparator,
        selected.report_group,
        selected.event_level,
        selected.event,
        selected.litigation_set,
        compared.drug,
        selected.n_reports
    from compared
    inner join counts.selected_reference as selected
        on
            compared.selection = selected.selection
            and compared.reference_set = selected.reference_set
            and compared.drug = selected.drug
    where
        selected.report_group = 'both'
        and compared.start_no <= selected.n_starts
),

population as (
    select
        whole.variant,
        whole.comparator,
        whole.drug,
        whole.event_level,
        whole.event,
        whole.litigation_set,
        whole.n_reports
    from whole
    where whole.report_group = 'all'
    union all
    select
        aligned.variant,
        aligned.comparator,
        aligned.drug,
        aligned.event_level,
        aligned.event,
        aligned.litigation_set,
        aligned.n_reports
    from aligned
    where aligned.report_group = 'all'
    union all
    select
        active.variant,
        active.comparator,
        active.drug,
        active.event_level,
        active.event,
        active.litigation_set,
        case when active.report_group = 'both' then -active.n_reports else active.n_reports end as n_reports
    from active
),

exposed as (
    select whole.*
    from whole
    where whole.report_group = 'drug'
    union all
    select aligned.*
    from aligned
    where aligned.report_group = 'drug'
    union all
    select active.*
    from active
    where active.report_group = 'drug'
)

select
    variant,
    case when event = '' then 'n' else 'n_event' end as measure,
    comparator,
    drug,
    event_level,
    event,
    litigation_set,
    cast(sum(n_reports) as bigint) as n_reports
from population
group by variant, comparator, drug, event_level, event, litigation_set
union all
select
    variant,
    case when event = '' then 'n_drug' else 'a' end as measure,
    comparator,
    drug,
    event_level,
    event,
    litigation_set,
    cast(sum(n_reports) as bigint) as n_reports
from exposed
group by variant, comparator, drug, event_level, event, litigation_set
