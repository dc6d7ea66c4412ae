-- Kind: table
-- Title: When each version counts: its interval without the times in which a linked smaller case is current
-- Grain: (quarter_no, primaryid, caseid, known_from); a version that never counts has no row
-- Reads: cases.version, cases.link
-- Source: docs/duplicates.md: a report is a suspected duplicate as of Q while a linked report with a smaller case
--   number is current; until_no 32767 is "still"
with own as (
    select
        version.quarter_no,
        version.primaryid,
        version.caseid,
        version.known_from,
        coalesce(version.known_until, 32767) as until_no
    from cases.version as version
    where version.known_until is null or version.known_until > version.known_from
),

covered as (
    select
        link.quarter_no,
        link.primaryid,
        link.caseid,
        link.known_from as covered_from,
        coalesce(link.known_until, 32767) as covered_until,
        max(coalesce(link.known_until, 32767)) over (
            partition by link.quarter_no, link.primaryid, link.caseid
            order by link.known_from asc, link.kept_quarter_no asc, link.kept_primaryid asc
            rows between unbounded preceding and 1 preceding
        ) as covered_before
    from cases.link as link
),

segment as (
    select
        own.quarter_no,
        own.primaryid,
        own.caseid,
        coalesce(covered.covered_before, own.known_from) as known_from,
        covered.covered_from as until_no
    from own
    inner join covered
        on
            own.quarter_no = covered.quarter_no
            and own.primaryid = covered.primaryid
            and own.caseid = covered.caseid
    union all
    select
        own.quarter_no,
        own.primaryid,
        own.caseid,
        max(covered.covered_until) as known_from,
        own.until_no
    from own
    inner join covered
        on
            own.quarter_no = covered.quarter_no
            and own.primaryid = covered.primaryid
            and own.caseid = covered.caseid
    group by own.quarter_no, own.primaryid, own.caseid, own.until_no
    union all
    -- Most versions have no link.
    select
        own.quarter_no,
        own.primaryid,
        own.caseid,
        own.known_from,
        own.until_no
    from own
    anti join covered
        on
            own.quarter_no = covered.quarter_no
            and own.primaryid = covered.primaryid
            and own.caseid = covered.caseid
)

select
    quarter_no,
    primaryid,
    caseid,
    known_from,
    nullif(until_no, 32767) as known_until
from segment
where known_from < until_no
