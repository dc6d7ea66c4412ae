-- Kind: view
-- Title: Review leads: cases of sentinel events by health professionals, which need no statistic; comparator A
-- Grain: (drug, event, caseid)
-- Reads: counts.lead, signals.run, api.cases, signals.verdict
-- Columns:
--   drug: ingredient in lower case
--   event: sentinel event
--   event_label: the event in words
--   caseid: case number
--   opened: quarter in which the lead opened
--   still_counts: a professional's version of the case counts for the pair at the file's as_of
--   age_years: age at the event
--   sex: F or M
--   country: ISO code
--   reporter: kind of reporter, as published
--   is_fatal: an outcome is death
--   novelty: of the pair at the file's as_of, NULL if never flagged
--   is_new: the lead opened in the quarter of the file
select
    lead.drug,
    lead.event,
    verdict.event_label,
    lead.caseid,
    lead.quarter as opened,
    lead.still_counts,
    cases.age_years,
    cases.sex,
    cases.country,
    cases.reporter,
    cases.is_fatal,
    verdict.novelty,
    lead.quarter = run.as_of as is_new
from counts.lead as lead
cross join signals.run as run
left join api.cases as cases
    on lead.caseid = cases.caseid
left join signals.verdict as verdict
    on
        lead.drug = verdict.drug
        and lead.event = verdict.event
