-- Kind: view
-- Title: Why counts changed since the previous published run (api.change_run); before and the parts add up to now
-- Grain: (drug, event, comparator, cell); pairs whose a or b, flag or place on the board changed; primary variant
-- Reads: signals.change
-- Columns:
--   drug_level: substance or class
--   drug: ingredient in lower case, or class:<id>
--   event_level: group or supergroup
--   event: name of the event
--   comparator: A whole database, B reports of people with the disease, C active comparator
--   cell: a, b, c or d; c and d only where both runs count the pair
--   before: reports in the cell as the previous run published it; 0 where it did not count the pair
--   now: reports in the cell in this file; 0 where the pair is not counted any more
--   new_cases: cases that came after the previous quarter (a, b)
--   follow_ups: cases that another version took into the cell, less those that it took out (a, b)
--   deletions: cases that the FDA withdrew, as a negative number; reopened ones count back (a, b)
--   duplicates: suspected duplicates left out, as a negative number; those no longer suspected count back (a, b)
--   background: reports that are not exposed to the drug, all reasons together (c, d)
--   archives: the same quarter counted from archives that were re-issued, added or removed
--   vocabulary: the same quarter counted by another program, reader of archives or search for duplicates
--   code_lists: the same quarter counted by other code lists or another analysis file
--   is_mixed: more than one of the last three, and this row could not be told apart: it stands under one of them
--   counted_before: the previous run counted the pair in this comparator
--   counted_now: this run counts it
--   flagged_before: sdr_screen of the previous run in this comparator
--   flagged_now: sdr_screen of this run
--   on_board_before: sdr_screen in any comparator, previous run
--   on_board_now: sdr_screen in any comparator, this run
select
    change.drug_level,
    change.drug,
    change.event_level,
    change.event,
    change.comparator,
    change.cell,
    change.before,
    change.now,
    change.new_cases,
    change.follow_ups,
    change.deletions,
    change.duplicates,
    change.background,
    change.archives,
    change.vocabulary,
    change.code_lists,
    change.is_mixed,
    change.counted_before,
    change.counted_now,
    change.flagged_before,
    change.flagged_now,
    change.on_board_before,
    change.on_board_now
from signals.change as change
