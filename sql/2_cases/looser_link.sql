-- Kind: table
-- Title: Pairs of versions of different cases that fall short of a link, and when both are current
-- Grain: (quarter_no, primaryid, kept_quarter_no, kept_primaryid); kept_caseid is the smaller case number
-- Reads: source.looser_link, cases.version
-- Source: docs/duplicates.md, "A looser threshold". They suspect nobody and change no count; check a reads them.
with paired as (
    select
        link.quarter_no,
        link.primaryid,
        link.caseid,
        link.kept_quarter_no,
        link.kept_primaryid,
        link.kept_caseid,
        link.match_weight,
        greatest(own.known_from, kept.known_from) as known_from,
        least(coalesce(own.known_until, 32767), coalesce(kept.known_until, 32767)) as until_no
    from source.looser_link as link
    inner join cases.version as own
        on
            link.quarter_no = own.quarter_no
            and link.primaryid = own.primaryid
            and link.caseid = own.caseid
    inner join cases.version as kept
        on
            link.kept_quarter_no = kept.quarter_no
            and link.kept_primaryid = kept.primaryid
            and link.kept_caseid = kept.caseid
)

select
    quarter_no,
    primaryid,
    caseid,
    kept_quarter_no,
    kept_primaryid,
    kept_caseid,
    match_weight,
    known_from,
    nullif(until_no, 32767) as known_until
from paired
where known_from < until_no
