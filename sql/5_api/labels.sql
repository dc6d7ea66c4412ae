-- Kind: view
-- Title: What labels of the therapies say of the events of the analysis, since when
-- Grain: (ingredient, listed_name, jurisdiction, scope, known_from)
-- Reads: codelists.label_date, signals.run
-- Source: docs/signals.md, "Novelty"; rows of label_dates, and listings of label_malignancy that have no date
-- Columns:
--   ingredient: ingredient in lower case
--   event_level: group or supergroup; NULL where the analysis does not count the event
--   event: name under which the event is counted
--   event_label: the event in words
--   listed_name: its name in the list
--   jurisdiction: US or EU; NULL where it is not known
--   scope: specific, broad, contraindication or undated, as the list says
--   wording: as it counts; malignancies at large are broad whatever the scope, a contraindication is no listing
--   known_from: first day on which the wording counts; NULL for an undated listing, which does not count
--   date_text: the date as exactly as it is known, such as 2016-02
--   date_precision: day, month or year
--   known_from_quarter: quarter of known_from
--   certainty: high, medium or low, sometimes with a remark
--   note: where it stands, or what it leaves out
--   is_in_force: the wording counts at the file's as_of
select
    label.ingredient,
    label.event_level,
    label.event,
    label.event_label,
    label.listed_name,
    label.jurisdiction,
    label.scope,
    label.wording,
    label.known_from_date as known_from,
    label.date_text,
    label.date_precision,
    label.known_from_quarter,
    label.certainty,
    label.note,
    coalesce(label.known_from_quarter <= run.as_of, false) as is_in_force
from codelists.label_date as label
cross join signals.run as run
