-- Kind: view
-- Title: Every pair in comparator A with and without the reports of the event's top contributor, primary variant
-- Grain: (drug, event_level, event); no row where no other substance masks the event
-- Reads: signals.masked_statistic, signals.statistic
-- Columns:
--   drug_level: substance or class
--   drug: ingredient in lower case, or class:<id>
--   event_level: group or supergroup
--   event: name of the event, as in api.signals
--   as_of: quarter up to which evidence counts
--   contributor: the substance that masks the event most and is neither the drug nor a member of the class
--   n_both: reports with the contributor and the event
--   n_substance: reports with the contributor
--   masking_ratio: factor by which the event's share of the reports falls when those of the contributor leave
--   a: reports with drug and event, as in api.signals
--   b: reports with the drug without the event
--   c: reports with the event without the drug
--   d: reports with neither
--   a_without: a less the reports that name the contributor
--   b_without: b less the reports that name the contributor
--   c_without: c less the reports that name the contributor
--   d_without: d less the reports that name the contributor
--   prr: proportional reporting ratio, as in api.signals
--   prr_without: the same of the cells without the contributor
--   ror: reporting odds ratio, as in api.signals
--   ror_low: lower 95 % limit of ror
--   ror_high: upper 95 % limit of ror
--   ror_without: reporting odds ratio of the cells without the contributor
--   ror_low_without: lower 95 % limit of ror_without
--   ror_high_without: upper 95 % limit of ror_without
--   is_exact_without: limits from the exact conditional interval because a cell without the contributor is 0
select
    masked.drug_level,
    masked.drug,
    masked.event_level,
    masked.event,
    statistic.quarter as as_of,
    masked.contributor,
    masked.n_both,
    masked.n_substance,
    masked.masking_ratio,
    statistic.a,
    statistic.b,
    statistic.c,
    statistic.d,
    masked.a_without,
    masked.b_without,
    masked.c_without,
    masked.d_without,
    statistic.prr,
    masked.prr_without,
    statistic.ror,
    statistic.ror_low,
    statistic.ror_high,
    masked.ror_without,
    masked.ror_low_without,
    masked.ror_high_without,
    masked.is_exact_without
from signals.masked_statistic as masked
inner join signals.statistic as statistic
    on
        masked.drug = statistic.drug
        and masked.event_level = statistic.event_level
        and masked.event = statistic.event
where
    statistic.is_latest
    and statistic.variant = 'primary'
    and statistic.comparator = 'A'
