-- Kind: table
-- Title: Reports of people with the disease of the analysis, as far as a report can tell
-- Grain: (quarter_no, primaryid)
-- Reads: cohort.ms_indication, cohort.therapy_record
-- Source: comparator B: an indication of the list on any drug or a brand used for it alone. A third of the reports
--   has no indication; B by indication alone would select professional reports.
with basis as (
    select
        ms_indication.quarter_no,
        ms_indication.primaryid,
        'indication' as ms_basis
    from cohort.ms_indication as ms_indication
    union all
    select
        therapy_record.quarter_no,
        therapy_record.primaryid,
        'disease_only_brand' as ms_basis
    from cohort.therapy_record as therapy_record
    where therapy_record.names_ms_brand
)

select
    quarter_no,
    primaryid,
    case when bool_or(ms_basis = 'indication') then 'indication' else min(ms_basis) end as ms_basis
from basis
group by quarter_no, primaryid
