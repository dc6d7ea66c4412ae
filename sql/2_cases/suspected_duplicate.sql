-- Kind: table
-- Title: Reports that are suspected duplicates at as_of: a linked report with a smaller case number is current
-- Grain: (quarter_no, primaryid, caseid)
-- Reads: cases.link
select
    link.quarter_no,
    link.primaryid,
    link.caseid,
    min(link.kept_caseid) as duplicate_of,
    count(*) as n_links
from cases.link as link
where link.known_until is null
group by link.quarter_no, link.primaryid, link.caseid
