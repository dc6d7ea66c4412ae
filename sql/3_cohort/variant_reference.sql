-- Kind: view
-- Title: Which reference therapies each drug is compared with in comparator C of each variant
-- Grain: (variant, drug)
-- Reads: analysis.variant, analysis.variant_comparator, analysis.reference_of
-- Source: docs/variants.md; a drug whose reference is empty has no row and no comparator C
select
    variant.variant,
    variant.selection,
    reference_of.drug,
    reference_of.reference_set
from analysis.variant as variant
inner join analysis.variant_comparator as comparator
    on variant.variant = comparator.variant
inner join analysis.reference_of as reference_of
    on variant.reference = reference_of.reference
where comparator.comparator = 'C'
