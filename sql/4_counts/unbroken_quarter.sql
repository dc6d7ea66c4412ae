-- Kind: table
-- Title: Held quarters up to the first hole between them, numbered from the first one held
-- Grain: quarter_no
-- Reads: cases.held_quarter
-- Source: design, "Spans are calendar": when a case entered is not known after a hole, nor what a look would have shown
with numbered as (
    select
        held_quarter.quarter,
        held_quarter.quarter_no,
        min(held_quarter.quarter_no) over () as first_quarter_no,
        row_number() over (order by held_quarter.quarter_no asc) as span_no
    from cases.held_quarter as held_quarter
)

select
    numbered.quarter,
    numbered.quarter_no,
    numbered.span_no
from numbered
where numbered.quarter_no - numbered.first_quarter_no + 1 = numbered.span_no
