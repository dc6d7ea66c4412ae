-- Kind: table
-- Title: Each spelling of a reaction or an indication with the term that it is compared as
-- Grain: text
-- Reads: staged Parquet
-- Source: macros.normal_term; some 40,000 spellings stand in a hundred million rows, so that the views of REAC and INDI
--   join them rather than bring each row into its compared form at each use
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
