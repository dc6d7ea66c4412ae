-- Kind: table
-- Title: Accounting of each member of the held archives, with what the gates counted of its table
-- Grain: (quarter, member)
-- Reads: staged.accounting, source.archive, cases.held_quarter, counts.table_quarter, counts.orphan,
--   counts.childless
with orphaned as (
    select
        orphan.quarter_no,
        orphan.table_name,
        count(*) as n_orphans
    from counts.orphan as orphan
    group by orphan.quarter_no, orphan.table_name
),

lacking as (
    select
        childless.quarter_no,
        count(*) filter (where childless.table_name = 'drug') as n_without_drug,
        count(*) filter (where childless.table_name = 'reac') as n_without_reaction
    from counts.childless as childless
    group by childless.quarter_no
)

select
    accounting.quarter,
    accounting.table_name,
    accounting.member,
    accounting.era,
    accounting.physical_lines,
    accounting.header_lines,
    accounting.blank_lines,
    accounting.splits,
    accounting.joins,
    accounting.staged,
    accounting.rejected,
    table_quarter.known_rows,
    table_quarter.known_from,
    table_quarter.known_reason,
    archive.archive,
    archive.archive_sha256,
    archive.archive_url,
    accounting.quarter_no,
    case
        when accounting.table_name not in ('demo', 'deleted') then coalesce(orphaned.n_orphans, 0)
    end as n_orphans,
    case when accounting.table_name = 'demo' then coalesce(lacking.n_without_drug, 0) end as n_without_drug,
    case when accounting.table_name = 'demo' then coalesce(lacking.n_without_reaction, 0) end as n_without_reaction
from staged.accounting as accounting
inner join cases.held_quarter as held_quarter
    on accounting.quarter_no = held_quarter.quarter_no
inner join source.archive as archive
    on accounting.quarter_no = archive.quarter_no
inner join counts.table_quarter as table_quarter
    on
        accounting.quarter_no = table_quarter.quarter_no
        and accounting.table_name = table_quarter.table_name
left join orphaned
    on
        accounting.quarter_no = orphaned.quarter_no
        and accounting.table_name = orphaned.table_name
left join lacking
    on accounting.quarter_no = lacking.quarter_no
