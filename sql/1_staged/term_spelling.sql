-- Kind: table
-- Title: Each spelling of a reaction or an indication with the term that it is compared as
-- Grain: text
-- Reads: staged Parquet
-- Source: macros.normal_term, once a spelling: a filter on a view that calls it does so for every row
with spelled as (
    select reac.pt as text
    from source.reac as reac
    union distinct
    select indi.indi_pt as text
    from source.indi as indi
),

normal as (
    select
        spelled.text,
        macros.normal_term(spelled.text) as term
    from spelled
)

select
    text,
    term
from normal
where term is not null
