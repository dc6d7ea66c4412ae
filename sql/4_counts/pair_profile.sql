-- Kind: table
-- Title: Who the reports of a are, at as_of: new, professional, serious, fatal, countries
-- Grain: (comparator, drug, event_level, event)
-- Reads: counts.pair_member, counts.review_case, cases.held_quarter
-- Source: new = the case did not count for the pair as of the held quarter before
with latest as (
    select max(held_quarter.quarter_no) as quarter_no
    from cases.held_quarter as held_quarter
),

previous as (
    select max(held_quarter.quarter_no) as quarter_no
    from cases.held_quarter as held_quarter
    cross join latest
    where held_quarter.quarter_no < latest.quarter_no
),

before as (
    select distinct
        member.comparator,
        member.drug,
        member.event_level,
        member.event,
        member.caseid
    from counts.pair_member as member
    cross join previous
    where
        member.known_from <= previous.quarter_no
        and (member.known_until is null or member.known_until > previous.quarter_no)
)

select
    member.comparator,
    member.drug,
    member.event_level,
    member.event,
    count(*) filter (where before.caseid is null) as a_new,
    count(*) filter (where review.is_professional) as a_hcp,
    count(*) filter (where review.is_serious) as a_serious,
    count(*) filter (where review.is_fatal) as a_fatal,
    count(distinct review.country) as a_countries
from counts.pair_member as member
inner join counts.review_case as review
    on
        member.caseid = review.caseid
        and member.quarter_no = review.quarter_no
left join before
    on
        member.comparator = before.comparator
        and member.drug = before.drug
        and member.event_level = before.event_level
        and member.event = before.event
        and member.caseid = before.caseid
where member.known_until is null
group by member.comparator, member.drug, member.event_level, member.event
