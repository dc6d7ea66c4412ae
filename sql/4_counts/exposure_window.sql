-- Kind: table
-- Title: When each therapy of a review case was taken, as far as dates allow, and how that lies to the event
-- Grain: (caseid, therapy)
-- Reads: counts.review_drug, counts.review_case
-- Source: methods, section 5 (latency): a cancer after a switch belongs to more than the last drug. A partial date is
--   a period; a relation is stated only where every day that the dates can mean gives it.
with stated as (
    select
        review_drug.caseid,
        review_drug.therapy,
        string_agg(distinct review_drug.role, ' ' order by review_drug.role asc) as roles,
        bool_or(review_drug.is_admitted) as is_admitted,
        min(review_drug.start_date) as start_date,
        min_by(review_drug.start_date_precision, review_drug.start_date) as start_date_precision,
        max(macros.last_day_of(review_drug.end_date, review_drug.end_date_precision)) as end_date_latest,
        max(review_drug.end_date) as end_date,
        max_by(review_drug.end_date_precision, review_drug.end_date) as end_date_precision,
        bool_or(review_drug.start_date is not null and review_drug.end_date is null) as has_open_end
    from counts.review_drug as review_drug
    where review_drug.therapy is not null
    group by review_drug.caseid, review_drug.therapy
),

dated as (
    select
        stated.*,
        review_case.event_date,
        review_case.event_date_precision,
        macros.last_day_of(stated.start_date, stated.start_date_precision) as start_date_latest,
        macros.last_day_of(review_case.event_date, review_case.event_date_precision) as event_date_latest
    from stated
    inner join counts.review_case as review_case
        on stated.caseid = review_case.caseid
),

related as (
    select
        dated.caseid,
        dated.therapy,
        dated.roles,
        dated.is_admitted,
        dated.has_open_end,
        dated.start_date,
        dated.start_date_precision,
        dated.end_date,
        dated.end_date_precision,
        dated.event_date,
        dated.event_date_precision,
        case
            when dated.start_date is null or dated.event_date is null then 'not dated'
            when dated.start_date > dated.event_date_latest then 'started after the event'
            when dated.start_date_latest > dated.event_date then 'uncertain'
            when dated.has_open_end then 'no end stated'
            when dated.end_date_latest < dated.event_date then 'ended before the event'
            when dated.end_date >= dated.event_date_latest then 'during the event'
            else 'uncertain'
        end as relation,
        case
            when dated.start_date_precision = 'day' and dated.event_date_precision = 'day'
                then dated.event_date - dated.start_date
        end as onset_days,
        case
            when
                dated.end_date_precision = 'day'
                and dated.event_date_precision = 'day'
                and not dated.has_open_end
                and dated.event_date > dated.end_date
                then dated.event_date - dated.end_date
        end as days_since_end,
        case
            when dated.start_date is not null
                then
                    row_number() over (
                        partition by dated.caseid
                        order by
                            dated.start_date asc nulls last,
                            dated.therapy asc
                    )
        end as sequence_no,
        count(dated.start_date) over (partition by dated.caseid) as n_dated_therapies
    from dated
)

select
    related.caseid,
    related.therapy,
    related.roles,
    related.is_admitted,
    related.start_date,
    related.start_date_precision,
    related.end_date,
    related.end_date_precision,
    related.event_date,
    related.event_date_precision,
    related.relation,
    related.onset_days,
    related.days_since_end,
    related.sequence_no,
    related.n_dated_therapies,
    related.therapy
    || ' from ' || macros.partial_date(related.start_date, related.start_date_precision)
    || case
        when related.end_date is null or related.has_open_end then ''
        else ' to ' || macros.partial_date(related.end_date, related.end_date_precision)
    end
    || ' (' || related.relation || ')' as window_text
from related
