-- Kind: view
-- Title: Events with a scored drug and another suspect substance together, against what each of them alone explains
-- Grain: (drug, substance, event_level, event); at least 3 reports with all three; comparator A, primary variant
-- Reads: signals.interaction, signals.statistic
-- Columns:
--   drug: ingredient in lower case; classes have no rows
--   substance: another ingredient in a suspect role; each part of a combination counts (api.drug_names)
--   event_level: group or supergroup
--   event: name of the event, as in api.signals
--   as_of: quarter up to which evidence counts
--   is_therapy: the substance is a scored therapy too: mostly one after the other, not both at a time
--   n111: reports with drug, substance and event
--   n11: reports with drug and substance, with the event or not
--   n101: reports with the drug and the event, without the substance
--   n10: reports with the drug without the substance
--   n011: reports with the substance and the event, without the drug
--   n01: reports with the substance without the drug
--   n001: reports with the event and neither of the two
--   n00: reports with neither of the two
--   expected: n111 that is expected if each adds its own excess share of the event and none takes away
--   omega: log2 of (n111 + 1/2) / (expected + 1/2); NULL, as what follows, where n10 or n01 is 0
--   omega025: lower 95 % limit of omega
--   omega975: upper 95 % limit of omega
--   sdr_omega: omega025 above 0
--   n_combinations: combinations of drug, substance and event of this level that a report could count for (n11 >= 1)
--   n_alone: the smaller of n10 and n01; where it is small, what one of the two alone explains is hardly known
select
    interaction.drug,
    interaction.substance,
    interaction.event_level,
    interaction.event,
    statistic.quarter as as_of,
    interaction.is_therapy,
    interaction.n111,
    interaction.n11,
    interaction.n101,
    interaction.n10,
    interaction.n011,
    interaction.n01,
    interaction.n001,
    interaction.n00,
    interaction.expected,
    interaction.omega,
    interaction.omega025,
    interaction.omega975,
    interaction.sdr_omega,
    interaction.n_combinations,
    least(interaction.n10, interaction.n01) as n_alone
from signals.interaction as interaction
inner join signals.statistic as statistic
    on
        interaction.drug = statistic.drug
        and interaction.event_level = statistic.event_level
        and interaction.event = statistic.event
where
    statistic.is_latest
    and statistic.variant = 'primary'
    and statistic.comparator = 'A'
