-- Kind: table
-- Title: When each case version was the current one: known_from <= Q < known_until
-- Grain: (quarter_no, primaryid, caseid), one row a sighting
-- Reads: cases.sighting, cases.deletion
-- Source: design, "Evidence has an interval"; FDA FAQ on versions and deleted cases.
--   A deletion resets the rank; a later sighting reopens the case. A sighting that never
--   becomes current keeps a row with an empty interval and a reason.
with in_quarter as (
    select
        sighting.quarter_no,
        sighting.primaryid,
        sighting.caseid,
        sighting.era_no,
        sighting.version_no,
        row_number() over (
            partition by sighting.caseid, sighting.quarter_no
            order by
                sighting.era_no desc,
                sighting.version_no desc,
                sighting.line desc
        ) as place_in_quarter,
        (
            select count(*)
            from cases.deletion as earlier
            where
                earlier.caseid = sighting.caseid
                and earlier.quarter_no < sighting.quarter_no
        ) as segment,
        (
            select min(later.quarter_no)
            from cases.deletion as later
            where
                later.caseid = sighting.caseid
                and later.quarter_no >= sighting.quarter_no
        ) as deleted_no
    from cases.sighting as sighting
),

best as (
    select
        in_quarter.*,
        in_quarter.era_no * 1000000000000 + in_quarter.version_no as version_rank
    from in_quarter
    where in_quarter.place_in_quarter = 1
),

compared as (
    select
        best.*,
        max(best.version_rank) over (
            partition by best.caseid, best.segment
            order by best.quarter_no asc
            rows between unbounded preceding and 1 preceding
        ) as rank_held
    from best
),

current_once as (
    select
        compared.quarter_no,
        compared.primaryid,
        compared.caseid,
        compared.deleted_no,
        lead(compared.quarter_no) over (
            partition by compared.caseid, compared.segment
            order by compared.quarter_no asc
        ) as superseded_no
    from compared
    where
        compared.rank_held is null
        or compared.version_rank >= compared.rank_held
)

select
    current_once.quarter_no,
    current_once.primaryid,
    current_once.caseid,
    current_once.quarter_no as known_from,
    least(current_once.deleted_no, current_once.superseded_no) as known_until,
    case
        when current_once.superseded_no <= coalesce(current_once.deleted_no, current_once.superseded_no)
            then 'superseded'
        when current_once.deleted_no is not null then 'deleted'
    end as until_reason
from current_once
union all
select
    compared.quarter_no,
    compared.primaryid,
    compared.caseid,
    compared.quarter_no as known_from,
    compared.quarter_no as known_until,
    'older than the version held' as until_reason
from compared
where compared.version_rank < compared.rank_held
union all
select
    in_quarter.quarter_no,
    in_quarter.primaryid,
    in_quarter.caseid,
    in_quarter.quarter_no as known_from,
    in_quarter.quarter_no as known_until,
    'lower version in the same quarter' as until_reason
from in_quarter
where in_quarter.place_in_quarter > 1
