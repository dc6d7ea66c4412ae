-- Kind: table
-- Title: What each comparator said of every pair of a drug and a group or supergroup, as of every held quarter
-- Grain: (drug, event, quarter_no); a quarter has all pairs of drugs that had come by then
-- Reads: signals.statistic, signals.year_stratified
-- Source: docs/signals.md, "Crossing"; primary variant. by_a is the part of A (ic025_year above its threshold), by_b
--   and by_c that of B and C (sdr_ror where the comparator can judge the pair: one that cannot does not agree); NULL
--   where the drug has no such comparator.
select
    statistic.drug_level,
    statistic.drug,
    statistic.event_level,
    statistic.event,
    statistic.quarter_no,
    statistic.quarter,
    max(statistic.a) filter (where statistic.comparator = 'A') as a,
    max(statistic.n_drug) filter (where statistic.comparator = 'A') as n_drug,
    bool_or(year.sdr_ic_year) as by_a,
    bool_or(statistic.sdr_ror and statistic.evaluable) filter (where statistic.comparator = 'B') as by_b,
    bool_or(statistic.sdr_ror and statistic.evaluable) filter (where statistic.comparator = 'C') as by_c,
    coalesce(bool_or(statistic.evaluable) filter (where statistic.comparator = 'B'), false) as evaluable_b,
    coalesce(bool_or(statistic.evaluable) filter (where statistic.comparator = 'C'), false) as evaluable_c,
    bool_or(statistic.sdr_screen) as is_screened
from signals.statistic as statistic
left join signals.year_stratified as year
    on
        statistic.comparator = 'A'
        and statistic.drug = year.drug
        and statistic.event_level = year.event_level
        and statistic.event = year.event
        and statistic.quarter_no = year.quarter_no
where
    statistic.variant = 'primary'
    and statistic.event_level in ('group', 'supergroup')
group by
    statistic.drug_level,
    statistic.drug,
    statistic.event_level,
    statistic.event,
    statistic.quarter_no,
    statistic.quarter
