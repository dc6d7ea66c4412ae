-- Kind: table
-- Title: Cases of sentinel events that opened a review lead, and the quarter in which each did
-- Grain: (drug, event, caseid)
-- Reads: counts.pair_member, analysis.sentinel_event, cases.sighting, staged.demo, codelists.reporter,
--   cases.held_quarter
-- Source: domain methods, section 7 term 1: rare events need no statistic, each case of a health professional opens a
--   lead for the substance. It opens in the first quarter in which a version of a professional counts for the pair.
with opened as (
    select
        member.drug,
        member.event_level,
        member.event,
        member.caseid,
        min(member.known_from) as quarter_no,
        bool_or(member.known_until is null) as still_counts
    from counts.pair_member as member
    inner join analysis.sentinel_event as sentinel
        on member.event = sentinel.event
    inner join cases.sighting as sighting
        on
            member.quarter_no = sighting.quarter_no
            and member.primaryid = sighting.primaryid
            and member.caseid = sighting.caseid
    inner join staged.demo as demo
        on
            sighting.quarter_no = demo.quarter_no
            and sighting.line = demo.line
            and sighting.primaryid = demo.primaryid
            and sighting.caseid = demo.caseid
    inner join codelists.reporter as reporter
        on demo.occp_cod = reporter.occp_cod
    where
        member.comparator = 'A'
        and member.drug_level = 'substance'
        and reporter.is_professional = 'Y'
    group by member.drug, member.event_level, member.event, member.caseid
)

select
    opened.drug,
    opened.event_level,
    opened.event,
    opened.caseid,
    opened.quarter_no,
    held_quarter.quarter,
    opened.still_counts
from opened
inner join cases.held_quarter as held_quarter
    on opened.quarter_no = held_quarter.quarter_no
