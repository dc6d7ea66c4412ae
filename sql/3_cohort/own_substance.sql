-- Kind: table
-- Title: Substances, as drug names are mapped to them, that are the scored drug itself or a member of the class
-- Grain: (drug, substance)
-- Reads: codelists.drug_member, codelists.name_match, codelists.ingredient
-- Source: docs/cohort.md, "Masking": a drug does not mask itself. Its patterns find it under the FDA's own
--   spelling of the ingredient (salts, biosimilar suffixes); of combinations only the part that bears its name is
--   its own.
with single as (
    select
        ingredient.prod_ai,
        min(ingredient.substance) as substance
    from codelists.ingredient as ingredient
    group by ingredient.prod_ai
    having count(distinct ingredient.substance) = 1
),

named as (
    select
        name_match.entry as therapy,
        name_match.text
    from codelists.name_match as name_match
    where name_match.list = 'therapies'
    group by name_match.entry, name_match.text
    having
        bool_or(name_match.why = 'match')
        and not bool_or(name_match.why = 'exclude_other')
)

select
    member.drug,
    single.substance
from codelists.drug_member as member
inner join named
    on member.therapy = named.therapy
inner join single
    on named.text = single.prod_ai
union distinct
select
    member.drug,
    lower(member.therapy) as substance
from codelists.drug_member as member
