-- Kind: view
-- Title: IC of comparator A with the expected count stratified by year of receipt, as of every held quarter, cumulative
-- Grain: (drug, event_level, event, as_of); primary variant, no preferred terms
-- Reads: signals.year_stratified
-- Source: docs/statistics.md, "By year of receipt"; evidence as known at each quarter, vocabulary is today's
-- Columns:
--   drug_level: substance or class
--   drug: ingredient in lower case, or class:<id>
--   event_level: group or supergroup; never on the board: marker (benign markers, leads, tests), meddra (own folder)
--   event: name of the event, as in api.signals
--   as_of: quarter up to which evidence counts
--   a: reports with drug and event, of both sexes for every event (api.adjusted: of one where the event is of one)
--   expected_year: sum over years of receipt of n_drug * n_event / n of the year, litigated reports left out
--   ic_year: log2 of (a + 0.5) / (expected_year + 0.5)
--   ic025_year: lower 95 % credibility limit of ic_year; that it grows with the quarters is no trend
--   ic975_year: upper 95 % credibility limit of ic_year
select
    stratified.drug_level,
    stratified.drug,
    stratified.event_level,
    stratified.event,
    stratified.quarter as as_of,
    stratified.a,
    stratified.expected_year,
    stratified.ic_year,
    stratified.ic025_year,
    stratified.ic975_year
from signals.year_stratified as stratified
