-- Severity: block
-- Title: comparator B counts more than A, of which it is a part
select
    within.drug,
    within.event,
    within.quarter_no,
    within.a as a_in_b,
    whole.a as a_in_a
from counts.cell as within
inner join counts.cell as whole
    on
        within.variant = whole.variant
        and within.drug = whole.drug
        and within.event = whole.event
        and within.quarter_no = whole.quarter_no
where
    within.comparator in ('B', 'C')
    and whole.comparator = 'A'
    and (within.a > whole.a or within.n > whole.n)
