-- Kind: view
-- Title: Sequential test (MaxSPRT) of each pair in comparator A at the last look that was taken
-- Grain: (drug, event_level, event); groups and supergroups, primary variant; no row where held quarters have a hole
-- Reads: signals.surveillance
-- Source: docs/statistics.md, "MaxSPRT". Reports stand in the quarter in which their case first counted, as they
--   looked then. Later evidence takes none back, so the counts are not those of api.signals.
-- Columns:
--   drug_level: substance or class
--   drug: ingredient in lower case, or class:<id>
--   event_level: group or supergroup
--   event: name of the event, as in api.signals
--   first_quarter: first look, the first quarter with a report of the drug
--   as_of: the last look; the quarter in which the plan ended, if it has
--   looks_used: quarters looked at so far
--   plan_ended: all looks of the plan were taken; later reports are not tested
--   cases: reports with drug and event that entered in these quarters
--   expected: sum over the quarters of n_drug * n_event / n of the reports that entered in each
--   llr: log-likelihood ratio of cases against expected, natural logarithm; 0 where there are no more than expected
--   cases_needed: fewest cases that the last look flags
--   critical_value: llr of cases_needed; infinite where nothing is expected
--   error_spent: probability that a pair with its expected counts had been flagged by the last look
--   sdr_maxsprt: flagged at this look or an earlier one
--   first_flag: quarter of the first flag; NULL where there is none
--   n_retracted: of cases, those that no longer count for the pair: withdrawn, suspected duplicate, or revised
select
    surveillance.drug_level,
    surveillance.drug,
    surveillance.event_level,
    surveillance.event,
    surveillance.first_quarter,
    surveillance.quarter as as_of,
    surveillance.looks_used,
    surveillance.plan_ended,
    surveillance.cases,
    surveillance.expected,
    surveillance.llr,
    surveillance.cases_needed,
    surveillance.critical_value,
    surveillance.error_spent,
    surveillance.sdr_maxsprt,
    surveillance.first_flag,
    surveillance.n_retracted
from signals.surveillance as surveillance
