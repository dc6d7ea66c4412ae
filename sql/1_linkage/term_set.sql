-- Kind: table
-- Title: Preferred terms of each report as a set, with a hash of the whole set
-- Grain: (quarter_no, primaryid)
-- Reads: staged.reac, linkage.term
-- Source: AEOLUS and others compare sorted lists: the set of all terms; blank terms are none
with listed as (
    select
        reac.quarter_no,
        reac.primaryid,
        list(term.term) as terms
    from staged.reac as reac
    inner join linkage.term as term
        on reac.pt = term.pt
    group by reac.quarter_no, reac.primaryid
),

term_set as (
    select
        listed.quarter_no,
        listed.primaryid,
        case when len(listed.terms) > 1 then list_distinct(listed.terms) else listed.terms end as terms
    from listed
)

select
    quarter_no,
    primaryid,
    terms,
    list_aggregate(terms, 'bit_xor') as term_set
from term_set
