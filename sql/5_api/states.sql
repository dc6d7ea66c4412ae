-- Kind: view
-- Title: State of each pair as of every held quarter, from its first quarter on the board; comparator A unless said
-- Grain: (drug, event, quarter); no row where held quarters have holes
-- Reads: signals.pair_state
-- Source: docs/signals.md; evidence, label and notoriety dates as known at each quarter, vocabulary is today's
-- Columns:
--   drug: ingredient in lower case, or class:<id>
--   event: name of the event
--   quarter: quarter up to which evidence counts
--   state: what is shown of the pair
--   evidence_state: state by evidence alone: none, new, emerging, monitored, persistent_unlabelled, resolved
--   first_crossing: quarter of the crossing that the state counts from
--   on_board: flagged in some comparator at that quarter
--   crosses: eligible, ic025_year > 0 in A, sdr_ror in B or C where that one can judge; a class by two members too
--   is_provisional: eligible and flagged in A while neither B nor C can be judged
--   is_eligible: reports, sources and professionals suffice; of a class the rule of its members is not in it
--   a: reports with drug and event
--   n_drug: reports with the drug
--   n_entered: cases that first counted for the pair in that quarter
--   n_countries: distinct countries among the reports of a
--   n_senders: distinct senders
--   n_professional: reports from health professionals
--   novelty: by the labels in force at that quarter
--   failing_checks: checks that fail, separated by commas
select
    pair_state.drug,
    pair_state.event,
    pair_state.quarter,
    pair_state.state,
    pair_state.evidence_state,
    pair_state.first_crossing,
    pair_state.is_screened as on_board,
    pair_state.crosses,
    pair_state.is_provisional,
    pair_state.is_eligible,
    pair_state.a,
    pair_state.n_drug,
    pair_state.n_entered,
    pair_state.n_countries,
    pair_state.n_senders,
    pair_state.n_professional,
    pair_state.novelty,
    pair_state.failing_checks
from signals.pair_state as pair_state
where pair_state.evidence_state <> 'not computed'
