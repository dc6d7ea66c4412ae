-- Kind: table
-- Title: Cases that came in to each pair, by the quarter in which they first counted for it
-- Grain: (drug, event, quarter_no); pairs that were ever on the board, comparator A
-- Reads: counts.pair_member, signals.board_pair
-- Source: docs/signals.md, "States": a case that leaves and comes back came in once
with entry as (
    select
        member.drug,
        member.event,
        member.caseid,
        min(member.known_from) as quarter_no
    from counts.pair_member as member
    inner join signals.board_pair as board_pair
        on
            member.drug = board_pair.drug
            and member.event_level = board_pair.event_level
            and member.event = board_pair.event
    where member.comparator = 'A'
    group by member.drug, member.event, member.caseid
)

select
    drug,
    event,
    quarter_no,
    count(*) as n_cases
from entry
group by drug, event, quarter_no
