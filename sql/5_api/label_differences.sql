-- Kind: view
-- Title: Events that today's US label texts name and label_dates does not, or the reverse; empty without label texts
-- Grain: (ingredient, event)
-- Reads: codelists.label_difference
-- Source: docs/openfda.md, "Labels"; for a person to look at, no novelty follows it. Therapies with a label in openFDA
-- Columns:
--   ingredient: ingredient in lower case
--   event_level: group or supergroup
--   event: name of the event
--   event_label: the event in words
--   difference: text only (no US row of label_dates names it) or list only (no sentence of a label names it)
--   n_labels: labels with a sentence that names it
--   n_sentences: sentences that name it
--   first_sentence: one of them
--   listed_since: date of the US row, as exactly as it is known
--   read_date: day on which openFDA was asked
select
    difference.ingredient,
    difference.event_level,
    difference.event,
    difference.event_label,
    difference.difference,
    difference.n_labels,
    difference.n_sentences,
    difference.first_sentence,
    difference.listed_since,
    difference.read_date
from codelists.label_difference as difference
