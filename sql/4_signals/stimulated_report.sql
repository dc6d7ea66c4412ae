-- Kind: table
-- Title: Reports that count now for drugs of the board, with the comparators that they are in
-- Grain: (drug, quarter_no, primaryid, caseid)
-- Reads: counts.exposed_member, signals.grid_pair
-- Source: docs/signals.md, "Stimulated reporting"; all are in A, primary variant
with on_board as (
    select distinct pair.drug
    from signals.grid_pair as pair
)

select
    member.drug,
    member.quarter_no,
    member.primaryid,
    member.caseid,
    member.entry_quarter_no,
    bool_or(member.comparator = 'B') as in_b,
    bool_or(member.comparator = 'C') as in_c
from counts.exposed_member as member
semi join on_board
    on member.drug = on_board.drug
where member.known_until is null
group by member.drug, member.quarter_no, member.primaryid, member.caseid, member.entry_quarter_no
