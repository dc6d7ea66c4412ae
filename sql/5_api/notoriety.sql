-- Kind: view
-- Title: Dates that stimulate reports: approvals, letters, label changes, publications
-- Grain: (kind, ingredient, date_text, what)
-- Reads: codelists.notoriety_date, signals.run
-- Source: docs/signals.md, "Notoriety"
-- Columns:
--   kind: substance, class (all its members), background (a substance that is no therapy of the list) or database
--   ingredient: ingredient in lower case, or class:<id>; NULL for the database
--   first_day: first day that the date can mean
--   last_day: last day that it can mean; reports received in the twelve months after it follow it
--   date_text: the date as exactly as it is known: a day, a month or a year
--   quarter: quarter of first_day
--   what: what happened
--   source: where it is from
--   certainty: high, medium or low
--   is_past: first_day is not after the file's as_of
select
    dated.kind,
    dated.ingredient,
    dated.first_day,
    dated.last_day,
    dated.date_text,
    dated.quarter,
    dated.what,
    dated.source,
    dated.certainty,
    dated.quarter <= run.as_of as is_past
from codelists.notoriety_date as dated
cross join signals.run as run
