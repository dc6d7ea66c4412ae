-- Kind: table
-- Title: What a line list says of the drugs of a report, whatever pair it is listed for
-- Grain: caseid
-- Reads: counts.review_case, counts.review_drug, counts.exposure_window
-- Source: api.case_listing; once per report, as one report stands in the lists of many pairs
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
    therapy.ms_therapies,
    sequence.therapy_sequence,
    other.other_suspects
from counts.review_case as review_case
left join therapy
    on review_case.caseid = therapy.caseid
left join sequence
    on review_case.caseid = sequence.caseid
left join other
    on review_case.caseid = other.caseid
