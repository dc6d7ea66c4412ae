-- Kind: macro(p_drug, p_event)
-- Title: Dates to mark on the timeline of a pair: what labels said of it since when, and dates of notoriety of the drug
-- Grain: (mark, ingredient, jurisdiction, said, first_day, what)
-- Reads: api.marks
-- Columns:
--   mark: label or notoriety
--   quarter: quarter of first_day
--   first_day: first day on which the wording counts, or that the date can mean
--   date_text: the date as exactly as it is known
--   ingredient: the therapy, for a class the member; a class that a date of notoriety is of
--   jurisdiction: US or EU, of labels
--   said: names, broad, other_form, holds (names a supergroup of it), part (names a group of it), contraindication
--   what: the event that the label names, or what happened
--   certainty: high, medium or low
--   note: where a label says it or what it leaves out; source of a date of notoriety
select
    marks.mark,
    marks.quarter,
    marks.first_day,
    marks.date_text,
    marks.ingredient,
    marks.jurisdiction,
    marks.said,
    marks.what,
    marks.certainty,
    marks.note
from api.marks as marks
where
    marks.drug = p_drug
    and (marks.event = p_event or marks.event is null)
