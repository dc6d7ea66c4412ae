-- Kind: table
-- Title: Each preferred term as printed with the hash of what is compared
-- Grain: pt
-- Reads: staged.reac
with distinct_term as (
    select distinct reac.pt
    from staged.reac as reac
)

select
    pt,
    md5_number_lower(macros.normal_term(pt)) as term
from distinct_term
where macros.normal_term(pt) is not null
