-- Kind: view
-- Title: Dates to mark on timelines: wording of labels and dates of notoriety, up to the file's as_of
-- Grain: (drug, event, mark, ingredient, jurisdiction, said, first_day, what)
-- Reads: codelists.label_date, codelists.label_cover, codelists.drug_member, codelists.notoriety_date,
--   codelists.notoriety_drug, signals.run
-- Columns:
--   drug: ingredient in lower case, or class:<id>
--   event: group or supergroup; NULL for notoriety, which concerns every event of the drug
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
with mark as (
    select
        member.drug,
        cover.event,
        'label' as mark,
        label.known_from_quarter as quarter,
        label.known_from_date as first_day,
        label.date_text,
        label.ingredient,
        label.jurisdiction,
        cover.cover as said,
        label.event as what,
        label.certainty,
        label.note
    from codelists.label_date as label
    inner join codelists.label_cover as cover
        on label.label_no = cover.label_no
    inner join codelists.drug_member as member
        on label.ingredient = member.therapy
    union all
    select
        concerned.drug,
        null as event,
        'notoriety' as mark,
        dated.quarter,
        dated.first_day,
        dated.date_text,
        dated.ingredient,
        null as jurisdiction,
        dated.kind as said,
        dated.what,
        dated.certainty,
        dated.source as note
    from codelists.notoriety_date as dated
    inner join codelists.notoriety_drug as concerned
        on dated.date_no = concerned.date_no
)

select
    mark.drug,
    mark.event,
    mark.mark,
    mark.quarter,
    mark.first_day,
    mark.date_text,
    mark.ingredient,
    mark.jurisdiction,
    mark.said,
    mark.what,
    mark.certainty,
    mark.note
from mark
cross join signals.run as run
where mark.quarter <= run.as_of
