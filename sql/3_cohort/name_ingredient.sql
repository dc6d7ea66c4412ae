-- Kind: table
-- Title: The ingredient that a clean name most often has where the FDA coded one
-- Grain: (form, name): form 'clean' is the whole name, 'bare' without strength and form
-- Reads: cohort.drug_name, codelists.ingredient
-- Source: docs/cohort.md, "Drug names to substances". The share of the modal prod_ai is stated; below one half
--   the name has no ingredient. Ties go to the first in the alphabet.
with coded as (
    select
        'clean' as form,
        drug_name.clean as name,
        drug_name.prod_ai,
        drug_name.n_records
    from cohort.drug_name as drug_name
    semi join codelists.ingredient as ingredient
        on drug_name.prod_ai = ingredient.prod_ai
    where
        drug_name.clean is not null
        and not drug_name.is_placeholder
    union all
    select
        'bare' as form,
        drug_name.bare as name,
        drug_name.prod_ai,
        drug_name.n_records
    from cohort.drug_name as drug_name
    semi join codelists.ingredient as ingredient
        on drug_name.prod_ai = ingredient.prod_ai
    where
        drug_name.bare is not null
        and not drug_name.is_placeholder
),

summed as (
    select
        coded.form,
        coded.name,
        coded.prod_ai,
        sum(coded.n_records) as n_records
    from coded
    group by coded.form, coded.name, coded.prod_ai
),

placed as (
    select
        summed.*,
        sum(summed.n_records) over (partition by summed.form, summed.name) as n_coded,
        row_number() over (
            partition by summed.form, summed.name
            order by
                summed.n_records desc,
                summed.prod_ai asc
        ) as place
    from summed
)

select
    form,
    name,
    prod_ai,
    n_coded,
    cast(n_records as double) / cast(n_coded as double) as modal_share
from placed
where
    place = 1
    and 2 * n_records >= n_coded
