-- Kind: table
-- Title: What substances a reported name and coded ingredient mean, and how that was found
-- Grain: (drugname, prod_ai, substance); substance is NULL once where none was found
-- Reads: cohort.drug_name, cohort.name_ingredient, codelists.ingredient
-- Source: docs/cohort.md, "Drug names to substances": prod_ai, else the modal prod_ai of the same name, else the
--   name itself where it is an ingredient
with ingredient_name as (
    select distinct ingredient.substance as name
    from codelists.ingredient as ingredient
),

coded as (
    select distinct ingredient.prod_ai
    from codelists.ingredient as ingredient
),

found as (
    select
        drug_name.drugname,
        drug_name.prod_ai,
        drug_name.n_records,
        is_ingredient.name as ingredient_name,
        case
            when coded.prod_ai is not null then 'prod_ai'
            when drug_name.is_placeholder then 'placeholder'
            when by_clean.prod_ai is not null then 'modal_prod_ai'
            when by_bare.prod_ai is not null then 'modal_prod_ai_of_bare_name'
            when is_ingredient.name is not null then 'name_is_ingredient'
            else 'not_found'
        end as method,
        coalesce(by_clean.prod_ai, by_bare.prod_ai) as modal_prod_ai,
        coalesce(by_clean.modal_share, by_bare.modal_share) as modal_share
    from cohort.drug_name as drug_name
    left join coded
        on drug_name.prod_ai = coded.prod_ai
    left join cohort.name_ingredient as by_clean
        on
            drug_name.clean = by_clean.name
            and by_clean.form = 'clean'
    left join cohort.name_ingredient as by_bare
        on
            drug_name.bare = by_bare.name
            and by_bare.form = 'bare'
    left join ingredient_name as is_ingredient
        on drug_name.own = is_ingredient.name
),

decided as (
    select
        found.drugname,
        found.prod_ai,
        found.n_records,
        found.method,
        case found.method
            when 'prod_ai' then found.prod_ai
            when 'modal_prod_ai' then found.modal_prod_ai
            when 'modal_prod_ai_of_bare_name' then found.modal_prod_ai
        end as ingredient_text,
        case
            when found.method in ('modal_prod_ai', 'modal_prod_ai_of_bare_name') then found.modal_share
        end as modal_share,
        case when found.method = 'name_is_ingredient' then found.ingredient_name end as own_name
    from found
)

select
    decided.drugname,
    decided.prod_ai,
    decided.method,
    decided.ingredient_text,
    decided.modal_share,
    decided.n_records,
    coalesce(ingredient.substance, decided.own_name) as substance
from decided
left join codelists.ingredient as ingredient
    on decided.ingredient_text = ingredient.prod_ai
