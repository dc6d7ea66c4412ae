-- Severity: block
-- Title: a case has two current versions in some quarter; the interval rule is broken
select
    earlier.caseid,
    earlier.quarter_no,
    later.quarter_no as other_quarter_no
from cases.version as earlier
inner join cases.version as later
    on
        earlier.caseid = later.caseid
        and (
            earlier.quarter_no < later.quarter_no
            or (earlier.quarter_no = later.quarter_no and earlier.primaryid < later.primaryid)
        )
where
    (earlier.known_until is null or earlier.known_until > earlier.known_from)
    and (later.known_until is null or later.known_until > later.known_from)
    and later.known_from < coalesce(earlier.known_until, 32767)
    and earlier.known_from < coalesce(later.known_until, 32767)
