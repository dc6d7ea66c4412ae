-- Kind: table
-- Title: Reports in which any drug was given for multiple sclerosis
-- Grain: (quarter_no, primaryid)
-- Reads: cohort.indication
select distinct
    indication.quarter_no,
    indication.primaryid
from cohort.indication as indication
where indication.is_ms
