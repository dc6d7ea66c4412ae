-- Kind: view
-- Title: The variants of the analysis: what each changes against the primary one, as tables of the latest quarter
-- Grain: (variant, comparator)
-- Reads: analysis.variant, analysis.variant_comparator, analysis.selection
-- Source: docs/variants.md
-- Columns:
--   place: place in the analysis file
--   variant: value of api.signals.variant
--   title: what is changed, in words
--   comparator: comparator in which it differs from the primary variant
--   role_set: roles in which a drug counts
--   population: traits that all reports must have
--   indication_rule: standard, narrow (treated events leave) or off
--   counts_litigated: litigated reports stay
--   is_aligned: A and B hold only reports received since the drug's first one
--   reference: reference of C, a class or a member with what is done to it
select
    variant.place,
    variant.variant,
    variant.title,
    comparator.comparator,
    variant.role_set,
    selection.population,
    variant.indication_rule,
    selection.counts_litigated,
    variant.is_aligned,
    variant.reference
from analysis.variant as variant
inner join analysis.variant_comparator as comparator
    on variant.variant = comparator.variant
inner join analysis.selection as selection
    on variant.selection = selection.selection
