-- Kind: table
-- Title: Reports of each reference set, and of a drug and a reference set, in each selection of a variant
-- Grain: (selection, report_group, drug, reference_set, event_level, event, litigation_set, n_starts)
-- Reads: counts.selected_count, cohort.pattern_reference, cohort.variant_reference
-- Source: docs/variants.md; patterns do not overlap, so their counts add up
with used as (
    select
        variant_reference.selection,
        variant_reference.reference_set,
        variant_reference.drug
    from cohort.variant_reference as variant_reference
    union distinct
    select
        variant_reference.selection,
        variant_reference.reference_set,
        '' as drug
    from cohort.variant_reference as variant_reference
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
