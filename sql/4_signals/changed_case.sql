-- Kind: table
-- Title: Cases that a pair on the board gained or lost since the previous published run
-- Grain: (drug, event, comparator, caseid, change, reason); comparator A; on the board before or now
-- Reads: signals.change, signals.moved_member, signals.moved_case, signals.revised_case
-- Source: docs/signals.md, "Why a count changed"; gained less lost is what a of signals.change changed by. A case
--   that new code lists add and a deletion takes away is gained once and lost once.
with boarded as (
    select distinct
        change.drug_level,
        change.drug,
        change.event_level,
        change.event
    from signals.change as change
    where change.on_board_before or change.on_board_now
),

moved as (
    select
        moved_member.drug,
        moved_member.event,
        moved_member.caseid,
        moved_member.step,
        moved_case.reason,
        false as is_mixed
    from signals.moved_member as moved_member
    inner join signals.moved_case as moved_case
        on moved_member.caseid = moved_case.caseid
    where
        moved_member.measure = 'a'
        and moved_member.comparator = 'A'
    union all
    select
        revised_case.drug,
        revised_case.event,
        revised_case.caseid,
        revised_case.step,
        revised_case.reason,
        revised_case.is_mixed
    from signals.revised_case as revised_case
)

select
    boarded.drug_level,
    boarded.drug,
    boarded.event_level,
    boarded.event,
    moved.caseid,
    moved.reason,
    moved.is_mixed,
    'A' as comparator,
    case when moved.step > 0 then 'gained' else 'lost' end as change
from boarded
inner join moved
    on
        boarded.drug = moved.drug
        and boarded.event = moved.event
