-- Severity: note
-- Title: frequent terms of the quarter before are gone (MedDRA release?); look for the terms that took their place
with vanished as (
    select
        term_change.quarter_no,
        term_change.term,
        term_change.n_rows,
        row_number() over (
            partition by term_change.quarter_no
            order by term_change.n_rows desc, term_change.term asc
        ) as place
    from counts.term_change as term_change
    cross join gates.bound as bound
    where
        term_change.change = 'vanished'
        and term_change.n_rows >= bound.vanished_term_rows
)

select
    held.quarter,
    cast(sum(vanished.n_rows) as bigint) as n_rows_before,
    count(*) as n_terms,
    string_agg(vanished.term, ', ' order by vanished.place) filter (where vanished.place <= 5) as most_frequent
from vanished
inner join cases.held_quarter as held
    on vanished.quarter_no = held.quarter_no
group by held.quarter
