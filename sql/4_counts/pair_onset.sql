-- Kind: table
-- Title: Days from the first start of a drug to the event, of each report behind a, as the span that dates allow
-- Grain: (drug, event_level, event, caseid); comparator A, latest quarter
-- Reads: counts.pair_member, counts.therapy_start, counts.review_case
-- Source: docs/statistics.md, "Time to onset". low_days: from the last day that the start can mean to the first that
--   the event can mean; high_days the other way round; equal where both dates are exact, NULL where one is missing.
--   A span below 0 is kept: the event came before the start.
select
    member.drug_level,
    member.drug,
    member.event_level,
    member.event,
    member.caseid,
    review.event_date - started.start_known_by as low_days,
    macros.last_day_of(review.event_date, review.event_date_precision) - started.start_first_day as high_days
from counts.pair_member as member
inner join counts.review_case as review
    on
        member.quarter_no = review.quarter_no
        and member.primaryid = review.primaryid
        and member.caseid = review.caseid
left join counts.therapy_start as started
    on
        member.drug = started.drug
        and member.quarter_no = started.quarter_no
        and member.primaryid = started.primaryid
where
    member.comparator = 'A'
    and member.known_until is null
