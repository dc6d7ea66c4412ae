-- Severity: block
-- Title: a report counts outside the interval of its version, or twice at once; the duplicate rule is broken
select
    counted.caseid,
    counted.primaryid,
    counted.quarter_no,
    counted.known_from
from cases.counted as counted
left join cases.version as version
    on
        counted.quarter_no = version.quarter_no
        and counted.primaryid = version.primaryid
        and counted.caseid = version.caseid
        and counted.known_from >= version.known_from
        and coalesce(counted.known_until, 32767) <= coalesce(version.known_until, 32767)
where version.caseid is null
union all
select
    earlier.caseid,
    earlier.primaryid,
    earlier.quarter_no,
    earlier.known_from
from cases.counted as earlier
inner join cases.counted as later
    on
        earlier.quarter_no = later.quarter_no
        and earlier.primaryid = later.primaryid
        and earlier.caseid = later.caseid
        and earlier.known_from < later.known_from
where coalesce(earlier.known_until, 32767) > later.known_from
