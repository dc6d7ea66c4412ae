-- Kind: table
-- Title: Reaction rows of each preferred term
-- Grain: (quarter_no, term)
-- Reads: staged.reac, cases.held_quarter
-- Source: spellings are counted first, so that each is brought into its compared form once
with spelled as (
    select
        reac.quarter_no,
        reac.pt,
        count(*) as n_rows
    from staged.reac as reac
    inner join cases.held_quarter as held
        on reac.quarter_no = held.quarter_no
    group by reac.quarter_no, reac.pt
),

normal as (
    select
        spelled.quarter_no,
        spelled.n_rows,
        macros.normal_term(spelled.pt) as term
    from spelled
)

select
    normal.quarter_no,
    normal.term,
    cast(sum(normal.n_rows) as bigint) as n_rows
from normal
where normal.term is not null
group by normal.quarter_no, normal.term
