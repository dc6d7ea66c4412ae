-- Kind: table
-- Title: Suspect substances of the reports that have an event or a scored drug, or are litigated for an event
-- Grain: (quarter_no, primaryid, caseid, substance)
-- Reads: cohort.suspect_substance, cohort.outcome, cohort.exposure, cohort.litigated_report
-- Source: docs/cohort.md, "Masking": what is taken from the cells is counted on these few; of all other reports only
--   their number is needed (counts.substance_margin)
with wanted as (
    select
        outcome.quarter_no,
        outcome.primaryid
    from cohort.outcome as outcome
    union distinct
    select
        exposure.quarter_no,
        exposure.primaryid
    from cohort.exposure as exposure
    union distinct
    select
        litigated.quarter_no,
        litigated.primaryid
    from cohort.litigated_report as litigated
)

select distinct
    suspect.quarter_no,
    suspect.primaryid,
    suspect.caseid,
    suspect.substance
from cohort.suspect_substance as suspect
where exists (
    select 1
    from wanted
    where
        wanted.quarter_no = suspect.quarter_no
        and wanted.primaryid = suspect.primaryid
)
