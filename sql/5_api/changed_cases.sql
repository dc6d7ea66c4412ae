-- Kind: view
-- Title: Cases that pairs on the board gained or lost since the previous published run
-- Grain: (drug, event, caseid, change, reason); comparator A, primary variant; on the board before or now
-- Reads: signals.changed_case
-- Columns:
--   drug_level: substance or class
--   drug: ingredient in lower case, or class:<id>
--   event_level: group or supergroup
--   event: name of the event
--   comparator: A whole database
--   caseid: number of the case
--   change: gained or lost; gained less lost is what cell a in api.changes changed by
--   reason: part of api.changes that the case stands under
--   is_mixed: more than one kind of input differs and the case could not be told apart
select
    changed_case.drug_level,
    changed_case.drug,
    changed_case.event_level,
    changed_case.event,
    changed_case.comparator,
    changed_case.caseid,
    changed_case.change,
    changed_case.reason,
    changed_case.is_mixed
from signals.changed_case as changed_case
