-- Kind: table
-- Title: Reports of the whole database with a substance in a suspect role and an event
-- Grain: (substance_no, event_no); a pair without a report has no row
-- Reads: cohort.suspect_substance, cohort.crude_reaction, cohort.crude_outcome
-- Source: docs/statistics.md, "Pairs of the whole database". Latest quarter, suspected duplicates are out; no
--   litigated, product or indication rule.
select
    suspect.substance_no,
    reaction.event_no,
    count(*) as a
from cohort.suspect_substance as suspect
inner join cohort.crude_reaction as reaction
    on suspect.report_no = reaction.report_no
group by suspect.substance_no, reaction.event_no
union all
select
    suspect.substance_no,
    outcome.event_no,
    count(*) as a
from cohort.suspect_substance as suspect
inner join cohort.crude_outcome as outcome
    on suspect.report_no = outcome.report_no
group by suspect.substance_no, outcome.event_no
