-- Kind: macro(p_drug, p_event)
-- Title: The reports behind a in comparator A, one line a case
-- Grain: caseid
-- Reads: api.pair_cases
-- Columns:
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
    pair_cases.caseid,
    pair_cases.primaryid,
    pair_cases.quarter,
    pair_cases.received_date,
    pair_cases.event_date,
    pair_cases.event_date_precision,
    pair_cases.age_years,
    pair_cases.sex,
    pair_cases.country,
    pair_cases.reporter,
    pair_cases.is_serious,
    pair_cases.is_fatal,
    pair_cases.neoplasm_terms,
    pair_cases.ms_therapies,
    pair_cases.therapy_sequence,
    pair_cases.other_suspects,
    pair_cases.in_b,
    pair_cases.in_c,
    pair_cases.duplicate_cluster,
    pair_cases.duplicate_cluster_size,
    pair_cases.is_treated_event
from api.pair_cases as pair_cases
where
    pair_cases.drug = p_drug
    and pair_cases.event = p_event
