-- Severity: block
-- Title: leaving suspected duplicates out raised a count; the duplicate rule is broken
with latest as (
    select max(held_quarter.quarter_no) as quarter_no
    from cases.held_quarter as held_quarter
)

select
    without.comparator,
    without.drug,
    without.event,
    without.a,
    within.a as a_with_duplicates
from counts.cell as without
inner join latest
    on without.quarter_no = latest.quarter_no
inner join counts.cell as within
    on
        without.comparator = within.comparator
        and without.drug = within.drug
        and without.event = within.event
        and without.quarter_no = within.quarter_no
        and within.variant = 'with_duplicates'
where
    without.variant = 'primary'
    and (without.a > within.a or without.n > within.n)
