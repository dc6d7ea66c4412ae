-- Kind: table
-- Title: What became of each quarter's DEMO rows, as of as_of; each row has one fate
-- Grain: (quarter_no, fate)
-- Reads: staged.demo, cases.held_quarter, cases.sighting, cases.version, cases.suspected_duplicate, cohort.report
-- Source: docs/cohort.md, "Attrition"; the fates of a quarter add up to its rows (check row_fates_add_up)
with judged as (
    select
        held_quarter.quarter,
        held_quarter.quarter_no,
        case
            when demo.caseid is null then 'without a case number'
            when sighting.line is null then 'repeats the key of another row of the quarter'
            when version.until_reason is not null then version.until_reason
            when report.caseid is null then 'without a named drug or a reaction'
            when duplicate.caseid is not null then 'suspected duplicate'
            else 'counted'
        end as fate
    from staged.demo as demo
    inner join cases.held_quarter as held_quarter
        on demo.quarter_no = held_quarter.quarter_no
    left join cases.sighting as sighting
        on
            demo.quarter_no = sighting.quarter_no
            and demo.line = sighting.line
            and demo.primaryid = sighting.primaryid
            and demo.caseid = sighting.caseid
    left join cases.version as version
        on
            sighting.quarter_no = version.quarter_no
            and sighting.primaryid = version.primaryid
            and sighting.caseid = version.caseid
    left join cohort.report as report
        on
            sighting.quarter_no = report.quarter_no
            and sighting.primaryid = report.primaryid
            and sighting.caseid = report.caseid
    left join cases.suspected_duplicate as duplicate
        on
            sighting.quarter_no = duplicate.quarter_no
            and sighting.primaryid = duplicate.primaryid
            and sighting.caseid = duplicate.caseid
)

select
    quarter,
    quarter_no,
    fate,
    count(*) as n_rows
from judged
group by quarter, quarter_no, fate
