-- Kind: view
-- Title: What the controls say of each comparator: empirical null, and how many controls flag, primary variant
-- Grain: comparator
-- Reads: signals.empirical_null
-- Source: docs/statistics.md, "Controls"; Schuemie et al. 2014. Shares are NULL where no control can be judged
-- Columns:
--   comparator: A whole database, B reports of people with the disease, C active comparator (the reference class)
--   as_of: quarter up to which evidence counts
--   n_negative: negative controls of the code list
--   n_negative_counted: those with a 2x2 table in this comparator
--   n_negative_judged: those of them that expect at least 1 report and name no drug of lawsuits for the event
--   n_negative_used: those of them that the null is fitted to: no cell is 0
--   mean_log_ror: mean of ln ROR of the null; 0 where negative controls show nothing but chance, NULL where not fitted
--   spread_log_ror: standard deviation of ln ROR of the null beyond sampling error
--   mean_log_ror_chance: mean that controls with the same margins have on average without any bias (small counts)
--   ror_null_low: exp(mean - 1.96 spread), lower end of the middle 95 % of true ratios of pairs without a link
--   ror_null_high: exp(mean + 1.96 spread); sampling error comes on top, of a pair as of mean and spread themselves
--   share_used_above_1: share of the controls used whose lower 95 % limit of the ROR is above 1
--   share_used_above_null: the same once mean and spread are taken into account; of the controls fitted to
--   n_positive: positive controls of the code list
--   n_positive_counted: those with a 2x2 table in this comparator
--   n_positive_judged: those of them that expect at least 1 report and name no drug of lawsuits for the event
--   n_negative_sdr_ror: of n_negative_judged, those with sdr_ror
--   share_negative_sdr_ror: their share; target at most 0.05
--   share_low_negative_sdr_ror: lower 95 % limit of the share (Wilson, as if controls were independent)
--   share_high_negative_sdr_ror: upper 95 % limit
--   n_negative_sdr_ic: of n_negative_judged, those with sdr_ic
--   share_negative_sdr_ic: their share
--   share_low_negative_sdr_ic: lower 95 % limit
--   share_high_negative_sdr_ic: upper 95 % limit
--   n_positive_sdr_ror: of n_positive_judged, those with sdr_ror
--   share_positive_sdr_ror: their share
--   share_low_positive_sdr_ror: lower 95 % limit
--   share_high_positive_sdr_ror: upper 95 % limit
--   n_positive_sdr_ic: of n_positive_judged, those with sdr_ic
--   share_positive_sdr_ic: their share
--   share_low_positive_sdr_ic: lower 95 % limit
--   share_high_positive_sdr_ic: upper 95 % limit
--   note: why nothing is fitted, or why what is fitted is uncertain; NULL where nothing is special
select
    empirical_null.comparator,
    empirical_null.quarter as as_of,
    empirical_null.n_negative,
    empirical_null.n_negative_counted,
    empirical_null.n_negative_judged,
    empirical_null.n_negative_used,
    empirical_null.mean_log_ror,
    empirical_null.spread_log_ror,
    empirical_null.mean_log_ror_chance,
    empirical_null.ror_null_low,
    empirical_null.ror_null_high,
    empirical_null.share_used_above_1,
    empirical_null.share_used_above_null,
    empirical_null.n_positive,
    empirical_null.n_positive_counted,
    empirical_null.n_positive_judged,
    empirical_null.n_negative_sdr_ror,
    empirical_null.share_negative_sdr_ror,
    empirical_null.share_low_negative_sdr_ror,
    empirical_null.share_high_negative_sdr_ror,
    empirical_null.n_negative_sdr_ic,
    empirical_null.share_negative_sdr_ic,
    empirical_null.share_low_negative_sdr_ic,
    empirical_null.share_high_negative_sdr_ic,
    empirical_null.n_positive_sdr_ror,
    empirical_null.share_positive_sdr_ror,
    empirical_null.share_low_positive_sdr_ror,
    empirical_null.share_high_positive_sdr_ror,
    empirical_null.n_positive_sdr_ic,
    empirical_null.share_positive_sdr_ic,
    empirical_null.share_low_positive_sdr_ic,
    empirical_null.share_high_positive_sdr_ic,
    empirical_null.note
from signals.empirical_null as empirical_null
