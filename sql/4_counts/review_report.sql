-- Kind: table
-- Title: The review set: reports current at as_of with a therapy of the list in any role, and what the analysis adds
-- Grain: (quarter_no, primaryid, caseid)
-- Reads: cases.version, cohort.therapy_record, cohort.ms_report, cohort.event_reaction, codelists.therapy,
--   analysis.review_part
-- Source: docs/analyses.md: therapies that are only compared with add no report; reports with an indication of the
--   list or a term of an event are added where review_set says so
with wanted as (
    select
        therapy_record.quarter_no,
        therapy_record.primaryid
    from cohort.therapy_record as therapy_record
    inner join codelists.therapy as therapy
        on therapy_record.therapy = therapy.ingredient
    where therapy.scored <> 'R'
    union distinct
    select
        ms_report.quarter_no,
        ms_report.primaryid
    from cohort.ms_report as ms_report
    where
        exists (
            select 1
            from analysis.review_part as review_part
            where review_part.part = 'indication'
        )
    union distinct
    select
        reaction.quarter_no,
        reaction.primaryid
    from cohort.event_reaction as reaction
    where
        exists (
            select 1
            from analysis.review_part as review_part
            where review_part.part = 'event'
        )
)

select
    version.quarter_no,
    version.primaryid,
    version.caseid
from cases.version as version
inner join wanted
    on
        version.quarter_no = wanted.quarter_no
        and version.primaryid = wanted.primaryid
where version.known_until is null
