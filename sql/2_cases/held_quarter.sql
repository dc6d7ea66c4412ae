-- Kind: table
-- Title: Quarters that are held up to as_of; the archive of each
-- Grain: quarter_no
-- Reads: staged.accounting
select distinct
    accounting.quarter,
    accounting.quarter_no
from staged.accounting as accounting
where accounting.quarter_no <= $as_of
