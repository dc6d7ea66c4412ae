-- Kind: table
-- Title: What became of each quarter's DEMO rows, as of as_of; each row has one fate
-- Grain: (quarter_no, fate)
-- Reads: staged.demo, cases.held_quarter, cases.sighting, cases.version, cases.suspected_duplicate, cohort.report
-- Source: docs/cohort.md, "Attrition"; the fates of a quarter add up to its rows (check row_fates_add_up). A row with a
--   case number is a sighting or repeats the key of one; a sighting has one version (check
--   every_sighting_has_one_version), whose fate is that of the row.
with demo_row as (
    select
        demo.quarter_no,
        count(*) as n_rows,
        count(demo.caseid) as n_of_case
    from staged.demo as demo
    group by demo.quarter_no
),

sighting_row as (
    select
        sighting.quarter_no,
        count(*) as n_rows
    from cases.sighting as sighting
    group by sighting.quarter_no
),

judged as (
    select
        version.quarter_no,
        case
            when version.until_reason is not null then version.until_reason
            when report.caseid is null then 'without a named drug or a reaction'
            when duplicate.caseid is not null then 'suspected duplicate'
            else 'counted'
        end as fate
    from cases.version as version
    left join cohort.report as report
        on
            version.quarter_no = report.quarter_no
            and version.primaryid = report.primaryid
            and version.caseid = report.caseid
    left join cases.suspected_duplicate as duplicate
        on
            version.quarter_no = duplicate.quarter_no
            and version.primaryid = duplicate.primaryid
            and version.caseid = duplicate.caseid
),

told as (
    select
        demo_row.quarter_no,
        'without a case number' as fate,
        demo_row.n_rows - demo_row.n_of_case as n_rows
    from demo_row
    union all
    select
        demo_row.quarter_no,
        'repeats the key of another row of the quarter' as fate,
        demo_row.n_of_case - coalesce(sighting_row.n_rows, 0) as n_rows
    from demo_row
    left join sighting_row
        on demo_row.quarter_no = sighting_row.quarter_no
    union all
    select
        judged.quarter_no,
        judged.fate,
        count(*) as n_rows
    from judged
    group by judged.quarter_no, judged.fate
)

select
    held_quarter.quarter,
    held_quarter.quarter_no,
    told.fate,
    told.n_rows
from told
inner join cases.held_quarter as held_quarter
    on told.quarter_no = held_quarter.quarter_no
where told.n_rows <> 0
