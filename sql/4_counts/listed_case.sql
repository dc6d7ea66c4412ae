-- Kind: table
-- Title: What a line list says of each case of the review set with an admitted therapy, whatever pair it is listed for
-- Grain: caseid
-- Reads: counts.review_case, counts.review_drug, counts.exposure_window
-- Source: api.pair_cases; a table of its own, because a line list is asked for far more often than a case of the
--   review set, and most of those name no therapy of the list
with therapy as (
    select
        review_drug.caseid,
        string_agg(
            distinct review_drug.therapy || ' (' || review_drug.role || ')', ', '
            order by review_drug.therapy || ' (' || review_drug.role || ')' asc
        ) as ms_therapies
    from counts.review_drug as review_drug
    where review_drug.is_admitted
    group by review_drug.caseid
),

sequence as (
    select
        exposure_window.caseid,
        string_agg(
            exposure_window.window_text, ', '
            order by exposure_window.sequence_no asc
        ) as therapy_sequence
    from counts.exposure_window as exposure_window
    where exposure_window.sequence_no is not null
    group by exposure_window.caseid
),

suspect as (
    select
        review_drug.caseid,
        coalesce(review_drug.prod_ai, review_drug.drugname)
        || coalesce(' (' || review_drug.product_status || ')', '') as suspect
    from counts.review_drug as review_drug
    semi join therapy
        on review_drug.caseid = therapy.caseid
    where
        review_drug.is_admitted is not true
        and review_drug.role in ('PS', 'SS')
),

other as (
    select
        suspect.caseid,
        string_agg(distinct suspect.suspect, ', ' order by suspect.suspect asc) as other_suspects
    from suspect
    group by suspect.caseid
)

select
    review_case.caseid,
    review_case.primaryid,
    review_case.quarter,
    review_case.received_date,
    review_case.event_date,
    review_case.event_date_precision,
    review_case.age_years,
    review_case.sex,
    review_case.country,
    review_case.reporter,
    review_case.is_serious,
    review_case.is_fatal,
    review_case.duplicate_cluster,
    review_case.duplicate_cluster_size,
    therapy.ms_therapies,
    sequence.therapy_sequence,
    other.other_suspects
from counts.review_case as review_case
inner join therapy
    on review_case.caseid = therapy.caseid
left join sequence
    on review_case.caseid = sequence.caseid
left join other
    on review_case.caseid = other.caseid
