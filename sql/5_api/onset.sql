-- Kind: view
-- Title: Days from the start of a drug to the event, as the reports behind a state them, comparator A, primary variant
-- Grain: (drug, event_level, event); no row where a is 0
-- Reads: signals.onset, signals.statistic
-- Columns:
--   drug_level: substance or class
--   drug: ingredient in lower case, or class:<id>; a class starts with the first of its members in the report
--   event_level: pt, group, supergroup, marker or meddra (own folder)
--   event: name of the event, as in api.signals
--   as_of: quarter up to which evidence counts
--   a: reports with drug and event, as in api.signals: n_dated + n_before_start + n_not_dated
--   n_dated: reports whose dates do not put the event before the start for sure; what all figures below rest on
--   n_exact: those of n_dated that state start and event to the day; of the others the days are a span
--   n_before_start: reports whose event lies before the start for sure
--   n_not_dated: reports without a start of the drug or without a date of the event
--   q1_low_days: first quartile, if each event fell on the first day that the dates allow, day 0 or later
--   q1_high_days: first quartile, if each event fell on the last day that the dates allow
--   median_low_days: median, on the first day
--   median_high_days: median, on the last day
--   q3_low_days: third quartile, on the first day
--   q3_high_days: third quartile, on the last day
--   n_under_90: reports with the event before day 90 for sure
--   n_uncertain_90: reports whose span lies on both sides of day 90
--   share_under_90: n_under_90 among the reports that are not uncertain; NULL where all are
--   share_under_90_low: lower 95 % limit (Wilson), were all uncertain ones later
--   share_under_90_high: upper 95 % limit (Wilson), were all uncertain ones earlier
--   n_under_180: reports with the event before day 180 for sure
--   n_uncertain_180: reports whose span lies on both sides of day 180
--   share_under_180: n_under_180 among the reports that are not uncertain; NULL where all are
--   share_under_180_low: lower 95 % limit (Wilson), were all uncertain ones later
--   share_under_180_high: upper 95 % limit (Wilson), were all uncertain ones earlier
--   n_shape: reports that the shape rests on; 0 where there is none: n_dated is under 5, or the spans do not tell
--   shape: shape of the Weibull distribution of these days; below 1 early ones prevail, above 1 late ones
--   shape_low: lower 95 % limit of shape
--   shape_high: upper 95 % limit of shape
--   scale_days: scale of the Weibull distribution: 63 % of its days are earlier
select
    onset.drug_level,
    onset.drug,
    onset.event_level,
    onset.event,
    statistic.quarter as as_of,
    onset.a,
    onset.n_dated,
    onset.n_exact,
    onset.n_before_start,
    onset.n_not_dated,
    onset.q1_low_days,
    onset.q1_high_days,
    onset.median_low_days,
    onset.median_high_days,
    onset.q3_low_days,
    onset.q3_high_days,
    onset.n_under_90,
    onset.n_uncertain_90,
    onset.share_under_90,
    onset.share_under_90_low,
    onset.share_under_90_high,
    onset.n_under_180,
    onset.n_uncertain_180,
    onset.share_under_180,
    onset.share_under_180_low,
    onset.share_under_180_high,
    onset.n_shape,
    onset.shape,
    onset.shape_low,
    onset.shape_high,
    onset.scale_days
from signals.onset as onset
inner join signals.statistic as statistic
    on
        onset.drug = statistic.drug
        and onset.event_level = statistic.event_level
        and onset.event = statistic.event
where
    statistic.is_latest
    and statistic.variant = 'primary'
    and statistic.comparator = 'A'
