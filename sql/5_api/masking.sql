-- Kind: view
-- Title: The three substances of the whole database that mask each event most in comparator A, primary variant
-- Grain: (event_level, event, rank)
-- Reads: counts.contributor
-- Columns:
--   event_level: group, supergroup, marker or meddra (own folder)
--   event: name of the event, as in api.signals
--   rank: 1 is the top contributor: greatest masking ratio, then more reports, then the alphabet
--   substance: ingredient in lower case, in a suspect role; each part of a combination counts (api.drug_names)
--   n_both: reports with the substance and the event, at least 3
--   n_substance: reports with the substance
--   n_event: reports with the event
--   n: all reports of comparator A for this event
--   masking_ratio: factor by which the event's share of the reports falls when those of the substance leave; above 1
select
    contributor.event_level,
    contributor.event,
    contributor.place as rank,
    contributor.substance,
    contributor.n_both,
    contributor.n_substance,
    contributor.n_event,
    contributor.n,
    contributor.masking_ratio
from counts.contributor as contributor
where contributor.place <= 3
