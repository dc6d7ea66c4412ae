-- Kind: table
-- Title: Share of blanks in each staged column beside that of the neighbours of the same layout era
-- Grain: (quarter_no, table_name, column_name)
-- Reads: staged.profile, staged.accounting, cases.held_quarter, counts.neighbour
with era as (
    select
        accounting.quarter_no,
        accounting.table_name,
        min(accounting.era) as era
    from staged.accounting as accounting
    group by accounting.quarter_no, accounting.table_name
),

measured as (
    select
        held.quarter,
        held.quarter_no,
        profile.table_name,
        profile.column_name,
        era.era,
        profile.n_rows,
        profile.n_blank,
        cast(profile.n_blank as double) / nullif(profile.n_rows, 0) as blank_share
    from staged.profile as profile
    inner join cases.held_quarter as held
        on profile.quarter_no = held.quarter_no
    inner join era
        on
            profile.quarter_no = era.quarter_no
            and profile.table_name = era.table_name
),

around as (
    select
        measured.quarter_no,
        measured.table_name,
        measured.column_name,
        count(*) as n_neighbours,
        median(other.n_rows) as neighbour_rows,
        median(other.blank_share) as neighbour_share
    from measured
    inner join counts.neighbour as neighbour
        on measured.quarter_no = neighbour.quarter_no
    inner join measured as other
        on
            neighbour.neighbour_no = other.quarter_no
            and measured.table_name = other.table_name
            and measured.column_name = other.column_name
            and measured.era = other.era
    group by measured.quarter_no, measured.table_name, measured.column_name
)

select
    measured.quarter,
    measured.quarter_no,
    measured.table_name,
    measured.column_name,
    measured.n_rows,
    measured.n_blank,
    measured.blank_share,
    around.neighbour_rows,
    around.neighbour_share,
    coalesce(around.n_neighbours, 0) as n_neighbours
from measured
left join around
    on
        measured.quarter_no = around.quarter_no
        and measured.table_name = around.table_name
        and measured.column_name = around.column_name
