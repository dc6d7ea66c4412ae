-- Kind: table
-- Title: Every version of each case of the review set, and why it is not the current one
-- Grain: (caseid, quarter_no, primaryid)
-- Reads: counts.review_report, cases.version
select
    version.caseid,
    version.quarter_no,
    version.primaryid,
    coalesce(version.until_reason, 'current') as version_state
from cases.version as version
semi join counts.review_report as review
    on version.caseid = review.caseid
