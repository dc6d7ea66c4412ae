-- Severity: block for fda
-- Title: reports, or rows a report, are far from the quarters around; land the archive again, or look at it
select
    table_quarter.quarter,
    table_quarter.table_name,
    table_quarter.n_rows,
    round(table_quarter.measure, 3) as measure,
    round(table_quarter.neighbour_measure, 3) as measure_around,
    round(table_quarter.ratio, 3) as ratio
from counts.table_quarter as table_quarter
cross join gates.bound as bound
where
    table_quarter.table_name not in ('rpsr', 'deleted')
    and not table_quarter.is_as_known
    and table_quarter.n_neighbours >= bound.neighbours_min
    and table_quarter.neighbour_rows >= bound.rows_min
    and (
        (table_quarter.table_name = 'demo' and table_quarter.ratio < bound.demo_low)
        or (table_quarter.table_name = 'demo' and table_quarter.ratio > bound.demo_high)
        or (table_quarter.table_name <> 'demo' and table_quarter.ratio < bound.rows_low)
        or (table_quarter.table_name <> 'demo' and table_quarter.ratio > bound.rows_high)
    )
