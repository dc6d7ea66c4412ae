-- Kind: view
-- Title: Every status that the product rule can give a drug record, in the order in which the rules are tried
-- Grain: product_status
-- Source: docs/cohort.md, "Product rule"; cohort.therapy_record gives the statuses, a test holds the two together
select
    1 as place,
    'any_product' as product_status,
    true as is_admitted
union all
select
    2,
    'other_brand',
    false
union all
select
    3,
    'other_form',
    false
union all
select
    4,
    'other_route',
    false
union all
select
    5,
    'oncology_indication',
    false
union all
select
    6,
    'disease_brand',
    true
union all
select
    7,
    'disease_route',
    true
union all
select
    8,
    'conditional_brand',
    true
union all
select
    9,
    'record_indication',
    true
union all
select
    10,
    'case_indication',
    true
union all
select
    11,
    'other_indication',
    false
union all
select
    12,
    'product_unspecified',
    false
