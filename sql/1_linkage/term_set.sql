-- Kind: table
-- Title: Preferred terms of each report as a set, with a hash of the whole set
-- Grain: (quarter_no, primaryid)
-- Reads: staged.reac
-- Source: faers-format 4.3: sorted PT lists; blank terms are none
select
    reac.quarter_no,
    reac.primaryid,
    md5_number_lower(string_agg(distinct reac.pt_term, '|' order by reac.pt_term asc)) as term_set,
    list_sort(list(distinct md5_number_lower(reac.pt_term))) as terms
from staged.reac as reac
where reac.pt_term is not null
group by reac.quarter_no, reac.primaryid
