-- Kind: view
-- Title: Every look of the sequential test (MaxSPRT) at a pair, from its first case on
-- Grain: (drug, event_level, event, as_of); groups and supergroups, primary variant, up to the first hole
-- Reads: signals.surveillance_look
-- Source: docs/statistics.md, "MaxSPRT"
-- Columns:
--   drug_level: substance or class
--   drug: ingredient in lower case, or class:<id>
--   event_level: group or supergroup
--   event: name of the event, as in api.signals
--   as_of: quarter of the look
--   looks_used: number of the look, counted from the first quarter with a report of the drug
--   cases: reports with drug and event that entered up to this quarter, as they looked then
--   expected: sum over the quarters of n_drug * n_event / n of the reports that entered in each
--   llr: log-likelihood ratio of cases against expected, natural logarithm
--   critical_value: llr that this look flags; it differs from look to look
--   cases_needed: fewest cases that this look flags
--   error_spent: probability that a pair with its expected counts had been flagged by this look
--   sdr_maxsprt: flagged at this look or an earlier one
select
    look.drug_level,
    look.drug,
    look.event_level,
    look.event,
    look.quarter as as_of,
    look.looks_used,
    look.cases,
    look.expected,
    look.llr,
    look.critical_value,
    look.cases_needed,
    look.error_spent,
    look.sdr_maxsprt
from signals.surveillance_look as look
