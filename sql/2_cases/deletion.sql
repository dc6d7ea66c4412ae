-- Kind: table
-- Title: Quarters in which the FDA withdrew a case
-- Grain: (caseid, quarter_no)
-- Reads: staged.deleted
-- Source: deletion lists hold case numbers, not primaryids; they overlap between quarters
select distinct
    deleted.caseid,
    deleted.quarter_no
from staged.deleted as deleted
where
    deleted.caseid is not null
    and deleted.quarter_no <= $as_of
