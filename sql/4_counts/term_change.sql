-- Kind: table
-- Title: Terms that no earlier held quarter has (new), and terms of the quarter before that this one lacks (vanished)
-- Grain: (quarter_no, change, term); quarters after an unbroken row of held ones only
-- Reads: counts.term_quarter, cases.held_quarter, gates.bound
-- Source: MedDRA releases rename terms; n_rows is of this quarter if new, of the one before if vanished
with followed as (
    select held.quarter_no
    from cases.held_quarter as held
    cross join gates.bound as bound
    inner join cases.held_quarter as earlier
        on
            held.quarter_no > earlier.quarter_no
            and held.quarter_no <= earlier.quarter_no + bound.drift_quarters
    group by held.quarter_no, bound.drift_quarters
    having count(*) = bound.drift_quarters
),

first_use as (
    select
        term_quarter.term,
        min(term_quarter.quarter_no) as quarter_no
    from counts.term_quarter as term_quarter
    group by term_quarter.term
),

gone as (
    select
        followed.quarter_no,
        earlier.term,
        earlier.n_rows
    from counts.term_quarter as earlier
    inner join followed
        on earlier.quarter_no = followed.quarter_no - 1
)

select
    current_use.quarter_no,
    'new' as change,
    current_use.term,
    current_use.n_rows
from counts.term_quarter as current_use
inner join followed
    on current_use.quarter_no = followed.quarter_no
inner join first_use
    on
        current_use.term = first_use.term
        and current_use.quarter_no = first_use.quarter_no
union all
select
    gone.quarter_no,
    'vanished' as change,
    gone.term,
    gone.n_rows
from gone
anti join counts.term_quarter as current_use
    on
        gone.quarter_no = current_use.quarter_no
        and gone.term = current_use.term
