-- Kind: view
-- Title: The reports behind every a in comparator A of the primary variant, one line a pair and case
-- Grain: (drug, event, caseid); a report stands in the lists of many pairs
-- Reads: counts.pair_case, counts.listed_case
-- Columns:
--   drug_level: substance or class
--   drug: ingredient in lower case, or class:<id>
--   event_level: level of the event, as in api.signals
--   event: name of the event
--   caseid: case number
--   primaryid: version
--   quarter: quarter of the version
--   received_date: first receipt
--   event_date: onset, first day of the stated period
--   event_date_precision: day, month or year
--   age_years: age
--   sex: sex
--   country: country
--   reporter: reporter
--   is_serious: serious
--   is_fatal: fatal
--   neoplasm_terms: terms of the event that count; of a MedDRA event, whose terms are not published, all neoplasm terms
--   ms_therapies: admitted therapies of the list with role
--   therapy_sequence: dated therapies of the list in any role by their start, each with its relation to the event
--   other_suspects: all other suspects; a therapy that does not count with its product status
--   in_b: the report counts in comparator B
--   in_c: the report counts in comparator C
--   duplicate_cluster: smallest case number of its cluster of suspected duplicates, NULL without a link
--   duplicate_cluster_size: cases of that cluster; the others are left out
--   is_treated_event: a drug of the report is given for this term or group
select
    pair_case.drug_level,
    pair_case.drug,
    pair_case.event_level,
    pair_case.event,
    listed_case.caseid,
    listed_case.primaryid,
    listed_case.quarter,
    listed_case.received_date,
    listed_case.event_date,
    listed_case.event_date_precision,
    listed_case.age_years,
    listed_case.sex,
    listed_case.country,
    listed_case.reporter,
    listed_case.is_serious,
    listed_case.is_fatal,
    pair_case.neoplasm_terms,
    listed_case.ms_therapies,
    listed_case.therapy_sequence,
    listed_case.other_suspects,
    pair_case.in_b,
    pair_case.in_c,
    listed_case.duplicate_cluster,
    listed_case.duplicate_cluster_size,
    pair_case.is_treated_event
from counts.pair_case as pair_case
inner join counts.listed_case as listed_case
    on pair_case.caseid = listed_case.caseid
