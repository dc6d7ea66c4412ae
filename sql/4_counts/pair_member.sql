-- Kind: table
-- Title: The reports behind each a: exposed, with the event, not litigated
-- Grain: (comparator, drug, event_level, event, quarter_no, primaryid, caseid, known_from)
-- Reads: counts.exposed_member, cohort.outcome
select
    exposed.comparator,
    exposed.drug_level,
    exposed.drug,
    outcome.event_level,
    outcome.event,
    exposed.quarter_no,
    exposed.primaryid,
    exposed.caseid,
    exposed.known_from,
    exposed.known_until,
    exposed.received_year,
    exposed.entry_quarter_no
from counts.exposed_member as exposed
inner join cohort.outcome as outcome
    on
        exposed.quarter_no = outcome.quarter_no
        and exposed.primaryid = outcome.primaryid
        and exposed.caseid = outcome.caseid
where not outcome.is_litigated
