-- Kind: view
-- Title: Sentences on malignancy in today's US labels, as openFDA gave them; empty until pvsignal labels has read them
-- Grain: (ingredient, set_id, section, sentence_no)
-- Reads: codelists.label_text
-- Source: docs/openfda.md, "Labels"; the text of the day on which it was read, whatever the file's as_of
-- Columns:
--   ingredient: ingredient in lower case
--   brand_name: brand of the label
--   set_id: product, as the FDA identifies its label
--   version: version of the label
--   label_date: date of that version, not of the first appearance of the sentence
--   read_date: day on which openFDA was asked
--   section: section of the label
--   sentence_no: place of the sentence in it, from 1
--   sentence: the sentence; it may deny what it names
--   words: words of label_words that it holds, joined by |
--   events: groups and supergroups that it names by the wording of the code list, joined by |
--   is_other_product: the brand is one of the same substance for another disease
select
    text.ingredient,
    text.brand_name,
    text.set_id,
    text.version,
    text.label_date,
    text.read_date,
    text.section,
    text.sentence_no,
    text.sentence,
    text.words,
    text.events,
    text.is_other_product
from codelists.label_text as text
