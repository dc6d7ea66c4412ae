-- Kind: view
-- Title: What substances a reported drug name and coded ingredient mean, and how that was found
-- Grain: (drugname, prod_ai, substance)
-- Reads: cohort.name_substance
-- Columns:
--   drugname: name as reported
--   prod_ai: active ingredient as the FDA coded it, from 2014q3
--   substance: ingredient in lower case without its salt, a row for each part of a combination; NULL if not found
--   method: prod_ai, modal_prod_ai, modal_prod_ai_of_bare_name, name_is_ingredient, placeholder or not_found
--   ingredient_text: the prod_ai that was taken
--   modal_share: share of that prod_ai among the coded records of the same name; NULL where none was borrowed
--   n_records: drug records of all held quarters
select
    name_substance.drugname,
    name_substance.prod_ai,
    name_substance.substance,
    name_substance.method,
    name_substance.ingredient_text,
    name_substance.modal_share,
    name_substance.n_records
from cohort.name_substance as name_substance
