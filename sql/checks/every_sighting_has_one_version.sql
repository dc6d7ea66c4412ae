-- Severity: block
-- Title: a sighting has no interval or two; the interval rule is broken
select
    sighting.quarter_no,
    sighting.primaryid,
    sighting.caseid,
    count(version.caseid) as n_intervals
from cases.sighting as sighting
left join cases.version as version
    on
        sighting.quarter_no = version.quarter_no
        and sighting.primaryid = version.primaryid
        and sighting.caseid = version.caseid
group by sighting.quarter_no, sighting.primaryid, sighting.caseid
having count(version.caseid) <> 1
