-- Kind: table
-- Title: The reports behind each a at as_of, by comparator
-- Grain: (comparator, drug, event, caseid)
-- Reads: counts.pair_member
select
    member.comparator,
    member.drug_level,
    member.drug,
    member.event_level,
    member.event,
    member.caseid
from counts.pair_member as member
where member.known_until is null
