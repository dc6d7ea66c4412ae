-- Kind: table
-- Title: Why a count changed since the previous published run: cells of pairs with a change
-- Grain: (drug, event, comparator, cell); pairs whose a or b changed, or whose flag or place on the board did
-- Reads: signals.cell_change, signals.statistic, signals.before_cell, signals.compared_quarter
-- Source: docs/signals.md, "Why a count changed"
with boarded as (
    select
        statistic.drug,
        statistic.event,
        false as is_before,
        statistic.sdr_screen as is_flagged
    from signals.statistic as statistic
    inner join signals.compared_quarter as compared
        on statistic.quarter_no = compared.now_no
    where
        statistic.variant = 'primary'
        and statistic.event_level in ('group', 'supergroup')
    union all
    select
        before_cell.drug,
        before_cell.event,
        true as is_before,
        before_cell.is_flagged
    from signals.before_cell as before_cell
),

board as (
    select
        boarded.drug,
        boarded.event,
        coalesce(bool_or(boarded.is_flagged) filter (where boarded.is_before), false) as on_board_before,
        coalesce(bool_or(boarded.is_flagged) filter (where not boarded.is_before), false) as on_board_now
    from boarded
    group by boarded.drug, boarded.event
),

moved as (
    select
        cell_change.drug,
        cell_change.event,
        cell_change.comparator,
        bool_or(
            cell_change.cell in ('a', 'b')
            and (
                cell_change.new_cases <> 0
                or cell_change.follow_ups <> 0
                or cell_change.deletions <> 0
                or cell_change.duplicates <> 0
                or cell_change.archives <> 0
                or cell_change.vocabulary <> 0
                or cell_change.code_lists <> 0
                or cell_change.is_mixed
            )
        ) as has_moved
    from signals.cell_change as cell_change
    group by cell_change.drug, cell_change.event, cell_change.comparator
)

select
    cell_change.drug_level,
    cell_change.drug,
    cell_change.event_level,
    cell_change.event,
    cell_change.comparator,
    cell_change.cell,
    cell_change.before,
    cell_change.now,
    cell_change.new_cases,
    cell_change.follow_ups,
    cell_change.deletions,
    cell_change.duplicates,
    cell_change.background,
    cell_change.archives,
    cell_change.vocabulary,
    cell_change.code_lists,
    cell_change.is_mixed,
    cell_change.counted_before,
    cell_change.counted_now,
    cell_change.flagged_before,
    cell_change.flagged_now,
    board.on_board_before,
    board.on_board_now
from signals.cell_change as cell_change
inner join board
    on
        cell_change.drug = board.drug
        and cell_change.event = board.event
inner join moved
    on
        cell_change.drug = moved.drug
        and cell_change.event = moved.event
        and cell_change.comparator = moved.comparator
where
    moved.has_moved
    or cell_change.flagged_before <> cell_change.flagged_now
    or board.on_board_before <> board.on_board_now
