-- Kind: table
-- Title: Rows of each table of a quarter beside the known count and beside the neighbours
-- Grain: (quarter_no, table_name)
-- Reads: staged.accounting, cases.held_quarter, counts.neighbour, gates.known_count, gates.bound
-- Source: measure is the rows of DEMO, and of another table its rows per row of DEMO: reports come in
--   unequal numbers, what a report holds changes slowly
with staged_rows as (
    select
        held.quarter,
        held.quarter_no,
        accounting.table_name,
        cast(sum(accounting.staged) as bigint) as n_rows
    from staged.accounting as accounting
    inner join cases.held_quarter as held
        on accounting.quarter_no = held.quarter_no
    group by held.quarter, held.quarter_no, accounting.table_name
),

measured as (
    select
        staged_rows.*,
        case
            when staged_rows.table_name = 'demo' then cast(staged_rows.n_rows as double)
            when staged_rows.table_name <> 'deleted'
                then cast(staged_rows.n_rows as double) / nullif(demo.n_rows, 0)
        end as measure
    from staged_rows
    left join staged_rows as demo
        on
            staged_rows.quarter_no = demo.quarter_no
            and demo.table_name = 'demo'
),

around as (
    select
        neighbour.quarter_no,
        other.table_name,
        count(*) as n_neighbours,
        median(other.n_rows) as neighbour_rows,
        median(other.measure) as neighbour_measure
    from counts.neighbour as neighbour
    inner join measured as other
        on neighbour.neighbour_no = other.quarter_no
    group by neighbour.quarter_no, other.table_name
)

select
    measured.quarter,
    measured.quarter_no,
    measured.table_name,
    measured.n_rows,
    known_count.n_rows as known_rows,
    known_count.known_from,
    known_count.known_reason,
    measured.measure,
    around.neighbour_rows,
    around.neighbour_measure,
    coalesce(
        abs(measured.n_rows - known_count.n_rows)
        <= greatest(bound.known_rows_slack, bound.known_rows_share * known_count.n_rows),
        false
    ) as is_as_known,
    coalesce(around.n_neighbours, 0) as n_neighbours,
    measured.measure / nullif(around.neighbour_measure, 0) as ratio
from measured
cross join gates.bound as bound
left join gates.known_count as known_count
    on
        measured.quarter_no = known_count.quarter_no
        and measured.table_name = known_count.table_name
left join around
    on
        measured.quarter_no = around.quarter_no
        and measured.table_name = around.table_name
