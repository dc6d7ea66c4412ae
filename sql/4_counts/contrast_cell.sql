-- Kind: table
-- Title: The 2x2 table of each pair since the drug came, and that of its recent reports, at least three of the pair
-- Grain: (comparator, drug, event_level, event, quarter_no); from the ninth quarter of an unbroken span on
-- Reads: counts.aged_cell, counts.cell
-- Source: docs/statistics.md, "Rising"; primary variant. Reports older than the drug leave A and B.
select
    cell.comparator,
    cell.drug_level,
    cell.drug,
    cell.event_level,
    cell.event,
    cell.quarter_no,
    recent.a as a_recent,
    recent.n_drug as n_drug_recent,
    recent.n_event as n_event_recent,
    recent.n as n_recent,
    cell.a - coalesce(older.a, 0) as a,
    cell.n_drug - coalesce(older.n_drug, 0) as n_drug,
    cell.n_event - coalesce(older.n_event, 0) as n_event,
    cell.n - coalesce(older.n, 0) as n
from counts.aged_cell as recent
inner join counts.cell as cell
    on
        recent.comparator = cell.comparator
        and recent.drug = cell.drug
        and recent.event_level = cell.event_level
        and recent.event = cell.event
        and recent.quarter_no = cell.quarter_no
left join counts.aged_cell as older
    on
        older.age = 'older'
        and recent.comparator = older.comparator
        and recent.drug = older.drug
        and recent.event_level = older.event_level
        and recent.event = older.event
        and recent.quarter_no = older.quarter_no
where
    recent.age = 'recent'
    and cell.variant = 'primary'
