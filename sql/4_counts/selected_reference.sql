-- Kind: table
-- Title: Reports of each reference set, and of a drug and a reference set, in each selection of a variant
-- Grain: (selection, report_group, drug, reference_set, event_level, event, litigation_set, n_starts)
-- Reads: counts.selected_count, cohort.pattern_reference, analysis.variant, analysis.variant_comparator,
--   analysis.reference_of
-- Source: docs/variants.md; patterns do not overlap, so their counts add up
with compared as (
    select
        variant.selection,
        reference_of.reference_set,
        reference_of.drug
    from analysis.variant as variant
    inner join analysis.variant_comparator as comparator
        on variant.variant = comparator.variant
    inner join analysis.reference_of as reference_of
        on variant.reference = reference_of.reference
    where comparator.comparator = 'C'
),

used as (
    select
        compared.selection,
        compared.reference_set,
        compared.drug
    from compared
    union distinct
    select
        compared.selection,
        compared.reference_set,
        '' as drug
    from compared
)

select
    selected.selection,
    selected.report_group,
    selected.drug,
    pattern_reference.reference_set,
    selected.event_level,
    selected.event,
    selected.litigation_set,
    selected.n_starts,
    cast(sum(selected.n_reports) as bigint) as n_reports
from counts.selected_count as selected
inner join cohort.pattern_reference as pattern_reference
    on selected.pattern = pattern_reference.pattern
inner join used
    on
        selected.selection = used.selection
        and selected.drug = used.drug
        and pattern_reference.reference_set = used.reference_set
where selected.report_group in ('reference', 'both')
group by
    selected.selection,
    selected.report_group,
    selected.drug,
    pattern_reference.reference_set,
    selected.event_level,
    selected.event,
    selected.litigation_set,
    selected.n_starts
