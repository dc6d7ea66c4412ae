-- Severity: note
-- Title: unusually many reactions have terms that no earlier held quarter has (MedDRA release?); look at the code lists
with new_term as (
    select
        term_change.quarter_no,
        term_change.term,
        term_change.n_rows,
        row_number() over (
            partition by term_change.quarter_no
            order by term_change.n_rows desc, term_change.term asc
        ) as place
    from counts.term_change as term_change
    where term_change.change = 'new'
),

summed as (
    select
        new_term.quarter_no,
        cast(sum(new_term.n_rows) as bigint) as n_rows,
        count(*) as n_terms,
        string_agg(new_term.term, ', ' order by new_term.place) filter (where new_term.place <= 5) as most_frequent
    from new_term
    group by new_term.quarter_no
)

select
    reac.quarter,
    summed.n_terms,
    summed.n_rows,
    summed.most_frequent,
    round(cast(summed.n_rows as double) / reac.n_rows, 4) as share
from summed
inner join counts.table_quarter as reac
    on
        summed.quarter_no = reac.quarter_no
        and reac.table_name = 'reac'
cross join gates.bound as bound
where
    reac.n_rows >= bound.rows_min
    and summed.n_rows > bound.new_term_share * reac.n_rows
