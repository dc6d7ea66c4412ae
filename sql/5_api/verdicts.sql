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
--   state: evidence_state, or what stands over it (docs/signals.md); not computed where quarters are missing
--   evidence_state: none, new, emerging, monitored, persistent_unlabelled, resolved
--   first_crossing: quarter of the crossing that the state counts from; a crossing is described at api.states
--   novelty: unlabelled, labelled_specific, labelled_broad or class_labelled at the file's as_of; NULL if never flagged
--   novelty_us: the same by US labels alone
--   novelty_eu: the same by EU labels alone
--   novelty_words: why, with dates
--   failing_checks: checks that fail (api.pair_checks), separated by commas; NULL where none does
--   is_eligible: reports, sources and professionals suffice for a crossing; NULL if never flagged, as what follows
--   n_countries: distinct countries among the reports of a
--   n_senders: distinct senders
--   n_professional: reports from health professionals
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
    verdict.state,
    verdict.evidence_state,
    verdict.first_crossing,
    verdict.novelty,
    verdict.novelty_us,
    verdict.novelty_eu,
    verdict.novelty_words,
    verdict.failing_checks,
    verdict.is_eligible,
    verdict.n_countries,
    verdict.n_senders,
    verdict.n_professional
from signals.verdict as verdict
