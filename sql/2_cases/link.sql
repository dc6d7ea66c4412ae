-- Kind: table
-- Title: Suspected duplicates: two versions of different cases that are linked, and when both are current
-- Grain: (quarter_no, primaryid, kept_quarter_no, kept_primaryid); kept_caseid is the smaller case number
-- Reads: source.link, cases.version
-- Source: docs/duplicates.md. A link depends on its two sightings only; it matters while both are the current
--   versions of their cases.
with paired as (
    select
        link.quarter_no,
        link.primaryid,
        link.caseid,
        link.kept_quarter_no,
        link.kept_primaryid,
        link.kept_caseid,
        link.match_weight,
        link.event_date_level,
        link.event_date_weight,
        link.age_level,
        link.age_weight,
        link.sex_level,
        link.sex_weight,
        link.country_level,
        link.country_weight,
        link.drugs_level,
        link.drugs_weight,
        link.reactions_level,
        link.reactions_weight,
        link.control_number_level,
        link.control_number_weight,
        link.literature_level,
        link.literature_weight,
        greatest(own.known_from, kept.known_from) as known_from,
        least(coalesce(own.known_until, 32767), coalesce(kept.known_until, 32767)) as until_no
    from source.link as link
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
    event_date_level,
    event_date_weight,
    age_level,
    age_weight,
    sex_level,
    sex_weight,
    country_level,
    country_weight,
    drugs_level,
    drugs_weight,
    reactions_level,
    reactions_weight,
    control_number_level,
    control_number_weight,
    literature_level,
    literature_weight,
    known_from,
    nullif(until_no, 32767) as known_until
from paired
where known_from < until_no
