-- Kind: view
-- Title: Under which names of api.pairs, api.masking and api.interactions a scored drug or class stands
-- Grain: (drug, substance)
-- Reads: cohort.own_substance
-- Source: docs/cohort.md, "Masking"; the FDA's own spelling of an ingredient can differ from that of the list
-- Columns:
--   drug: ingredient as in api.signals, or class:<id>
--   substance: ingredient as drug names are mapped to it (api.drug_names), as in column drug of api.pairs
select
    own_substance.drug,
    own_substance.substance
from cohort.own_substance as own_substance
