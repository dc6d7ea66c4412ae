-- Kind: table
-- Title: Held quarters that a quarter is held against: the nearest within a year of calendar, ties to the earlier
-- Grain: (quarter_no, neighbour_no)
-- Reads: cases.held_quarter, gates.bound
with near as (
    select
        held.quarter_no,
        other.quarter_no as neighbour_no,
        row_number() over (
            partition by held.quarter_no
            order by abs(held.quarter_no - other.quarter_no), other.quarter_no
        ) as place
    from cases.held_quarter as held
    inner join cases.held_quarter as other
        on
            held.quarter_no <> other.quarter_no
            and abs(held.quarter_no - other.quarter_no) <= 4
)

select
    near.quarter_no,
    near.neighbour_no
from near
cross join gates.bound as bound
where near.place <= bound.neighbours_max
