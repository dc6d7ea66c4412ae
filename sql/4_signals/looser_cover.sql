-- Kind: table
-- Title: When each report with a scored drug falls short of a link to a current smaller case
-- Grain: (quarter_no, primaryid, caseid, covered_from); intervals do not meet; until_no 32767 is "still"
-- Reads: cases.looser_link, analysis.looser_threshold, cohort.exposure
-- Source: docs/signals.md, "A looser duplicate threshold"
with link as (
    select
        looser.quarter_no,
        looser.primaryid,
        looser.caseid,
        looser.known_from,
        coalesce(looser.known_until, 32767) as until_no
    from cases.looser_link as looser
    inner join analysis.looser_threshold as threshold
        on looser.match_weight >= threshold.match_weight
    where exists (
        select 1
        from cohort.exposure as exposure
        where
            exposure.quarter_no = looser.quarter_no
            and exposure.primaryid = looser.primaryid
    )
),

placed as (
    select
        link.quarter_no,
        link.primaryid,
        link.caseid,
        link.known_from,
        link.until_no,
        max(link.until_no) over (
            partition by link.quarter_no, link.primaryid, link.caseid
            order by link.known_from asc, link.until_no asc
            rows between unbounded preceding and 1 preceding
        ) as until_before
    from link
),

numbered as (
    select
        placed.quarter_no,
        placed.primaryid,
        placed.caseid,
        placed.known_from,
        placed.until_no,
        sum(case when placed.known_from > coalesce(placed.until_before, 0) then 1 else 0 end) over (
            partition by placed.quarter_no, placed.primaryid, placed.caseid
            order by placed.known_from asc, placed.until_no asc
            rows between unbounded preceding and current row
        ) as interval_no
    from placed
)

select
    numbered.quarter_no,
    numbered.primaryid,
    numbered.caseid,
    min(numbered.known_from) as covered_from,
    max(numbered.until_no) as until_no
from numbered
group by numbered.quarter_no, numbered.primaryid, numbered.caseid, numbered.interval_no
