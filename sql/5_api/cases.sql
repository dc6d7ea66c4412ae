-- Kind: view
-- Title: The review set: reports with a therapy of the list in any role; by review_set also with an indication or event
-- Grain: caseid
-- Reads: counts.review_case
-- Columns:
--   caseid: case number of the FDA
--   primaryid: version of the case that is current at as_of
--   quarter: quarter of that version
--   source_era: legacy (until 2012q3) or faers
--   caseversion: version number, NULL in the legacy era
--   received_date: first receipt by the FDA
--   fda_date: receipt of this version
--   event_date: onset, first day of the stated period
--   event_date_precision: day, month or year
--   event_date_text: onset as printed
--   age_years: age at onset in years, NULL where missing or implausible
--   sex: M or F, NULL where unknown
--   country: ISO country of occurrence, else of the reporter
--   country_text: country as printed
--   reporter: occupation code of the reporter
--   is_professional: the reporter is a health professional
--   report_type: EXP, PER, DIR, 5DAY or 30DAY
--   sender: sender of the report
--   sender_case_number: the sender's own number
--   literature: literature reference
--   is_serious: any outcome is coded
--   is_fatal: outcome death is coded
--   outcomes: outcome codes joined by a vertical bar
--   ms_basis: why the report counts in comparator B: indication or disease_only_brand, NULL if it does not
--   is_suspected_duplicate: a linked report with a smaller case number is current; see api.duplicates
--   duplicate_of: the smallest case number it is linked to
--   duplicate_cluster: smallest case number of its cluster, NULL without a link
--   duplicate_cluster_size: cases of the cluster, at most 50
--   included: the report is in comparator A's population before litigated reports leave
--   reason: why it is not
select
    review_case.caseid,
    review_case.primaryid,
    review_case.quarter,
    review_case.source_era,
    review_case.caseversion,
    review_case.received_date,
    review_case.fda_date,
    review_case.event_date,
    review_case.event_date_precision,
    review_case.event_date_text,
    review_case.age_years,
    review_case.sex,
    review_case.country,
    review_case.country_text,
    review_case.reporter,
    review_case.is_professional,
    review_case.report_type,
    review_case.sender,
    review_case.sender_case_number,
    review_case.literature,
    review_case.is_serious,
    review_case.is_fatal,
    review_case.outcomes,
    review_case.ms_basis,
    review_case.is_suspected_duplicate,
    review_case.duplicate_of,
    review_case.duplicate_cluster,
    review_case.duplicate_cluster_size,
    review_case.included,
    review_case.reason
from counts.review_case as review_case
