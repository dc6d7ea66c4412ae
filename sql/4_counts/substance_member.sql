-- Kind: table
-- Title: Suspect substances of the reports that have an event or a scored drug, or are litigated for an event
-- Grain: (quarter_no, primaryid, caseid, substance)
-- Reads: cohort.current_report, cohort.suspect_substance, cohort.substance, cohort.outcome, cohort.exposure,
--   cohort.litigated_report
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

select
    report.quarter_no,
    report.primaryid,
    report.caseid,
    substance.substance
from cohort.suspect_substance as suspect
inner join cohort.current_report as report
    on suspect.report_no = report.report_no
inner join cohort.substance as substance
    on suspect.substance_no = substance.substance_no
where exists (
    select 1
    from wanted
    where
        wanted.quarter_no = report.quarter_no
        and wanted.primaryid = report.primaryid
)
