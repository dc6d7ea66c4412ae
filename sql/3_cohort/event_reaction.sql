-- Kind: table
-- Title: Terms of the events of the analysis among the reactions of versions that were once current
-- Grain: (quarter_no, primaryid, term)
-- Reads: staged.reac, codelists.term, cases.version, cases.sighting, staged.demo
with reaction as (
    select distinct
        reac.quarter_no,
        reac.primaryid,
        term.term,
        term.group_id,
        term.is_secondary,
        term.is_recurrence,
        term.is_incident,
        term.event_list,
        term.indication_rule
    from staged.reac as reac
    inner join codelists.term as term
        on reac.pt_term = term.term
    where term.event_list is not null
),

dated as (
    select
        version.quarter_no,
        version.primaryid,
        max(demo.event_date) as event_first_day
    from cases.version as version
    semi join reaction
        on
            version.quarter_no = reaction.quarter_no
            and version.primaryid = reaction.primaryid
    inner join cases.sighting as sighting
        on
            version.quarter_no = sighting.quarter_no
            and version.primaryid = sighting.primaryid
            and version.caseid = sighting.caseid
    inner join staged.demo as demo
        on
            sighting.quarter_no = demo.quarter_no
            and sighting.line = demo.line
            and sighting.primaryid = demo.primaryid
            and sighting.caseid = demo.caseid
    where version.known_until is null or version.known_until > version.known_from
    group by version.quarter_no, version.primaryid
)

select
    reaction.quarter_no,
    reaction.primaryid,
    reaction.term,
    reaction.group_id,
    reaction.is_secondary,
    reaction.is_recurrence,
    reaction.is_incident,
    reaction.event_list,
    reaction.indication_rule,
    dated.event_first_day
from reaction
inner join dated
    on
        reaction.quarter_no = dated.quarter_no
        and reaction.primaryid = dated.primaryid
