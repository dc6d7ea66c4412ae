-- Severity: note
-- Title: the archive is not as large as the one that the known counts are of: another issue of it, or a part
select
    archive.quarter,
    archive.archive,
    archive.n_bytes,
    known_count.n_rows as known_bytes,
    known_count.known_from
from source.archive as archive
inner join cases.held_quarter as held
    on archive.quarter_no = held.quarter_no
inner join gates.known_count as known_count
    on
        archive.quarter_no = known_count.quarter_no
        and known_count.table_name = 'archive_bytes'
where archive.n_bytes <> known_count.n_rows
