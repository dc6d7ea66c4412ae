-- Kind: view
-- Title: What bundles the cases of each pair on the board: one source, place, time or warning, and the verdict without
-- Grain: (drug, event, trait, value)
-- Reads: signals.stimulation
-- Source: docs/signals.md, "Stimulated reporting". Per trait the three values that most cases have, and every quarter
--   of entry that is a burst. Comparator A, primary variant, unless a column says otherwise.
-- Columns:
--   drug: ingredient in lower case, or class:<id>
--   event: group or supergroup, as in api.signals
--   trait: reporter, sender, country, literature, entry_quarter, country_quarter or notoriety
--   value: of the trait; of notoriety the date, the drug and what was said; cases received within a year after it
--   place: 1 is the value that most cases of the pair have
--   a: reports with drug and event that have the value
--   share_of_a: a / all reports with drug and event; values of notoriety overlap
--   n_other: the drug's reports without the event that have the value
--   share_of_other: n_other / the drug's reports without the event
--   expected: cases of the quarter by the drug's own reports: all cases * reports in the quarter / all of the drug
--   p_burst: Poisson upper tail of a, times the quarters in which the drug has reports; at most 1; entry_quarter only
--   is_burst: at least 3 cases and p_burst below 0.01; NULL for other traits
--   a_a_without: a of comparator A when the drug's reports with the value leave all cells
--   ror_a_without: crude reporting odds ratio in A without them
--   ror_low_a_without: its lower 95 % limit
--   ic_a_without: information component in A without them
--   ic025_a_without: its lower 95 % limit
--   a_b_without: the same in B; NULL where the drug has no such comparator
--   ror_b_without: in B
--   ror_low_b_without: in B
--   ic_b_without: in B
--   ic025_b_without: in B
--   a_c_without: in C
--   ror_c_without: in C
--   ror_low_c_without: in C
--   ic_c_without: in C
--   ic025_c_without: in C
--   flagged_in: comparators in which the pair is flagged (sdr_ror or sdr_ic) with all its reports
--   flagged_in_without: of these, those that still flag without the reports of the value; NULL where none does
--   holds_without: every comparator that flags still does
select
    stimulation.drug,
    stimulation.event,
    stimulation.trait,
    stimulation.value,
    stimulation.place,
    stimulation.a,
    stimulation.share_of_a,
    stimulation.n_other,
    stimulation.share_of_other,
    stimulation.expected,
    stimulation.p_burst,
    stimulation.is_burst,
    stimulation.a_a_without,
    stimulation.ror_a_without,
    stimulation.ror_low_a_without,
    stimulation.ic_a_without,
    stimulation.ic025_a_without,
    stimulation.a_b_without,
    stimulation.ror_b_without,
    stimulation.ror_low_b_without,
    stimulation.ic_b_without,
    stimulation.ic025_b_without,
    stimulation.a_c_without,
    stimulation.ror_c_without,
    stimulation.ror_low_c_without,
    stimulation.ic_c_without,
    stimulation.ic025_c_without,
    stimulation.flagged_in,
    stimulation.flagged_in_without,
    stimulation.holds_without
from signals.stimulation as stimulation
