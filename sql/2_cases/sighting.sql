-- Kind: table
-- Title: Each sighting of a case version; the one place where as_of cuts the evidence
-- Grain: (quarter_no, primaryid); a key that DEMO repeats keeps its last line
-- Reads: staged.demo, staged.accounting
-- Source: FDA FAQ: the later version holds the current information; rows without a case number
--   (seven in the archive) are no case and are counted in attrition
with era as (
    select
        accounting.quarter_no,
        case when accounting.era in ('a', 'b') then 0 else 1 end as era_no
    from staged.accounting as accounting
    where accounting.table_name = 'demo'
),

ranked as (
    select
        demo.quarter_no,
        demo.primaryid,
        demo.caseid,
        era.era_no,
        demo.line,
        demo.init_fda_date,
        demo.fda_date,
        case
            when era.era_no = 0 then demo.primaryid
            else coalesce(demo.caseversion_no, 0)
        end as version_no,
        row_number() over (
            partition by demo.quarter_no, demo.primaryid
            order by demo.line desc
        ) as repeat_no
    from staged.demo as demo
    inner join era
        on demo.quarter_no = era.quarter_no
    where
        demo.caseid is not null
        and demo.quarter_no <= $as_of
)

select
    quarter_no,
    primaryid,
    caseid,
    era_no,
    version_no,
    line,
    init_fda_date,
    fda_date
from ranked
where repeat_no = 1
