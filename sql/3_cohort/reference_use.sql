-- Kind: view
-- Title: Which set of reference therapies each drug is compared with in comparator C, by the roles of the variants
-- Grain: (role_set, drug, reference_set)
-- Reads: analysis.variant, analysis.variant_comparator, analysis.reference_of
select distinct
    variant.role_set,
    reference_of.drug,
    reference_of.reference_set
from analysis.variant as variant
inner join analysis.variant_comparator as comparator
    on variant.variant = comparator.variant
inner join analysis.reference_of as reference_of
    on variant.reference = reference_of.reference
where comparator.comparator = 'C'
