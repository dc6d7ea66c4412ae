-- Kind: table
-- Title: Distinct reaction terms, to be classified by the code lists once each
-- Grain: term
-- Reads: staged.reac
select distinct reac.pt_term as term
from staged.reac as reac
where reac.pt_term is not null
