-- Kind: table
-- Title: Distinct drug names and substances, to be matched with the code lists once each
-- Grain: text
-- Reads: staged.drug
select drug.drugname as text
from staged.drug as drug
where drug.drugname is not null
union distinct
select drug.prod_ai as text
from staged.drug as drug
where drug.prod_ai is not null
