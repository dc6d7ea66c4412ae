-- Kind: view
-- Title: What the comparators say together of each pair of a drug and a group, supergroup or class
-- Grain: (drug, event)
-- Reads: signals.verdict
-- Columns:
--   drug_level: substance or class
--   drug: ingredient in lower case, or class:<id>
--   event_level: group or supergroup
--   event: name of the event
--   event_label: the event in words
--   a_a: a in comparator A
--   a_b: a in comparator B
--   a_c: a in comparator C, NULL where C does not exist for the drug
--   flagged_in: comparators with sdr_screen, such as A+C; empty where none
--   not_evaluable_in: comparators of the drug in which the pair cannot be judged
--   on_board: sdr_screen in at least one comparator
--   robust: sdr_screen in A and in B or C where that one is evaluable
--   agreement: robust; provisional (A and B or C, none of those evaluable); only A; only B or C; none
--   first_crossing: first quarter with ic025_year > 0 in A (api.year_history), sdr_ror in B or C, both held in the next
--   crossing_state: held, provisional (in the latest quarter only), none, or not computed where quarters are missing
select
    verdict.drug_level,
    verdict.drug,
    verdict.event_level,
    verdict.event,
    verdict.event_label,
    verdict.a_a,
    verdict.a_b,
    verdict.a_c,
    verdict.flagged_in,
    verdict.not_evaluable_in,
    verdict.on_board,
    verdict.robust,
    verdict.agreement,
    verdict.first_crossing,
    verdict.crossing_state
from signals.verdict as verdict
