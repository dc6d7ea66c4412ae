-- Kind: table
-- Title: Reports in which any drug was given for an indication of the list (multiple sclerosis, or another disease)
-- Grain: (quarter_no, primaryid)
-- Reads: cohort.indication
select distinct
    indication.quarter_no,
    indication.primaryid
from cohort.indication as indication
where indication.is_ms
