-- Kind: table
-- Title: Cases gained less cases lost between the two compared quarters, by reason
-- Grain: (measure, comparator, drug, event_level, event, litigation_set)
-- Reads: signals.moved_member, signals.moved_case
select
    moved_member.measure,
    moved_member.comparator,
    moved_member.drug,
    moved_member.event_level,
    moved_member.event,
    moved_member.litigation_set,
    coalesce(sum(moved_member.step) filter (where moved_case.reason = 'new_cases'), 0) as new_cases,
    coalesce(sum(moved_member.step) filter (where moved_case.reason = 'follow_ups'), 0) as follow_ups,
    coalesce(sum(moved_member.step) filter (where moved_case.reason = 'deletions'), 0) as deletions,
    coalesce(sum(moved_member.step) filter (where moved_case.reason = 'duplicates'), 0) as duplicates
from signals.moved_member as moved_member
inner join signals.moved_case as moved_case
    on moved_member.caseid = moved_case.caseid
group by
    moved_member.measure,
    moved_member.comparator,
    moved_member.drug,
    moved_member.event_level,
    moved_member.event,
    moved_member.litigation_set
