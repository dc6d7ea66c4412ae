-- Severity: block
-- Title: the reports with a time to onset, dated or not, are not those of a; a report was dropped in silence
with listed as (
    select
        pair_onset.drug,
        pair_onset.event_level,
        pair_onset.event,
        count(*) as n_reports
    from counts.pair_onset as pair_onset
    group by pair_onset.drug, pair_onset.event_level, pair_onset.event
)

select
    cell.drug,
    cell.event_level,
    cell.event,
    cell.a,
    coalesce(listed.n_reports, 0) as n_listed
from counts.cell as cell
left join listed
    on
        cell.drug = listed.drug
        and cell.event_level = listed.event_level
        and cell.event = listed.event
where
    cell.variant = 'primary'
    and cell.comparator = 'A'
    and cell.quarter_no = (select max(held_quarter.quarter_no) from cases.held_quarter as held_quarter)
    and cell.a <> coalesce(listed.n_reports, 0)
