-- Severity: block
-- Title: a pair of the whole database has more reports than its drug, its event or all reports allow
select
    substance.substance as drug,
    event.event_level,
    event.event,
    pair.a,
    substance.n_drug,
    event.n_event,
    event.n
from counts.crude_pair as pair
left join counts.crude_substance as substance
    on pair.substance_no = substance.substance_no
left join counts.crude_event as event
    on pair.event_no = event.event_no
where
    coalesce(pair.a > least(substance.n_drug, event.n_event), true)
    or pair.a < 1
    or substance.n_drug + event.n_event - pair.a > event.n
