-- Kind: table
-- Title: Why a case counts at one of the two compared quarters and not at the other
-- Grain: caseid, of signals.moved_member
-- Reads: signals.moved_member, signals.compared_quarter, cases.version, cases.counted
-- Source: docs/signals.md, "Why a count changed". The reason is one of the case, whatever the cell, so that the
--   reasons of a and b add up to those of the drug's reports. The first that holds decides.
with moved as (
    select distinct moved_member.caseid
    from signals.moved_member as moved_member
),

held as (
    select
        version.caseid,
        min(version.known_from) as first_no,
        bool_or(
            version.known_from <= compared.base_no
            and (version.known_until is null or version.known_until > compared.base_no)
        ) as is_current_at_base,
        bool_or(version.known_until is null or version.known_until > compared.now_no) as is_current_now
    from cases.version as version
    inner join moved
        on version.caseid = moved.caseid
    cross join signals.compared_quarter as compared
    where version.known_until is null or version.known_until > version.known_from
    group by version.caseid
),

counting as (
    select
        counted.caseid,
        bool_or(
            counted.known_from <= compared.base_no
            and (counted.known_until is null or counted.known_until > compared.base_no)
        ) as is_counted_at_base,
        bool_or(counted.known_until is null or counted.known_until > compared.now_no) as is_counted_now
    from cases.counted as counted
    inner join moved
        on counted.caseid = moved.caseid
    cross join signals.compared_quarter as compared
    group by counted.caseid
)

select
    held.caseid,
    case
        when held.first_no > compared.base_no then 'new_cases'
        when not held.is_current_at_base or not held.is_current_now then 'deletions'
        when not counting.is_counted_at_base or not counting.is_counted_now then 'duplicates'
        else 'follow_ups'
    end as reason
from held
inner join counting
    on held.caseid = counting.caseid
cross join signals.compared_quarter as compared
