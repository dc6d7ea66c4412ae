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

received as (
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
        end as version_no
    from staged.demo as demo
    inner join era
        on demo.quarter_no = era.quarter_no
    where
        demo.caseid is not null
        and demo.quarter_no <= $as_of
),

-- Few keys are repeated; only their rows are put in order.
repeated as (
    select
        received.quarter_no,
        received.primaryid
    from received
    group by received.quarter_no, received.primaryid
    having count(*) > 1
),

placed as (
    select
        received.*,
        row_number() over (
            partition by received.quarter_no, received.primaryid
            order by received.line desc
        ) as place
    from received
    semi join repeated
        on
            received.quarter_no = repeated.quarter_no
            and received.primaryid = repeated.primaryid
)

select
    received.quarter_no,
    received.primaryid,
    received.caseid,
    received.era_no,
    received.version_no,
    received.line,
    received.init_fda_date,
    received.fda_date
from received
anti join repeated
    on
        received.quarter_no = repeated.quarter_no
        and received.primaryid = repeated.primaryid
union all
select
    placed.quarter_no,
    placed.primaryid,
    placed.caseid,
    placed.era_no,
    placed.version_no,
    placed.line,
    placed.init_fda_date,
    placed.fda_date
from placed
where placed.place = 1
