-- Kind: table
-- Title: When each case version was the current one: known_from <= Q < known_until
-- Grain: (quarter_no, primaryid, caseid), one row a sighting
-- Reads: cases.sighting, cases.deletion
-- Source: design, "Evidence has an interval"; FDA FAQ on versions and deleted cases.
--   A deletion resets the rank; a later sighting reopens the case. A sighting that never
--   becomes current keeps a row with an empty interval and a reason.
-- Most cases have one sighting; only those with several are put in order.
with several as (
    select sighting.caseid
    from cases.sighting as sighting
    group by sighting.caseid
    having count(*) > 1
),

withdrawn as (
    select
        sighting.caseid,
        sighting.quarter_no,
        count(distinct deletion.quarter_no) filter (where deletion.quarter_no < sighting.quarter_no) as segment,
        min(deletion.quarter_no) filter (where deletion.quarter_no >= sighting.quarter_no) as deleted_no
    from cases.sighting as sighting
    inner join cases.deletion as deletion
        on sighting.caseid = deletion.caseid
    group by sighting.caseid, sighting.quarter_no
),

in_quarter as (
    select
        sighting.quarter_no,
        sighting.primaryid,
        sighting.caseid,
        sighting.era_no,
        sighting.version_no,
        withdrawn.deleted_no,
        coalesce(withdrawn.segment, 0) as segment,
        row_number() over (
            partition by sighting.caseid, sighting.quarter_no
            order by
                sighting.era_no desc,
                sighting.version_no desc,
                sighting.line desc
        ) as place_in_quarter
    from cases.sighting as sighting
    left join withdrawn
        on
            sighting.caseid = withdrawn.caseid
            and sighting.quarter_no = withdrawn.quarter_no
    semi join several
        on sighting.caseid = several.caseid
),

single as (
    select
        sighting.quarter_no,
        sighting.primaryid,
        sighting.caseid,
        withdrawn.deleted_no
    from cases.sighting as sighting
    left join withdrawn
        on
            sighting.caseid = withdrawn.caseid
            and sighting.quarter_no = withdrawn.quarter_no
    anti join several
        on sighting.caseid = several.caseid
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
union all
select
    single.quarter_no,
    single.primaryid,
    single.caseid,
    single.quarter_no as known_from,
    single.deleted_no as known_until,
    case when single.deleted_no is not null then 'deleted' end as until_reason
from single
