-- Kind: table
-- Title: Cases with a term of a group's incident events, or of any malignancy: without indication rule
-- Grain: (caseid, event)
-- Reads: watch.received_case, analysis.incident, staged.reac, codelists.event_term
-- Source: docs/openfda.md, "The crude definition"
select distinct
    received_case.caseid,
    incident.event_level,
    incident.event
from watch.received_case as received_case
inner join staged.reac as reac
    on
        received_case.quarter_no = reac.quarter_no
        and received_case.primaryid = reac.primaryid
inner join codelists.event_term as event_term
    on reac.pt_term = event_term.term
inner join analysis.incident as incident
    on
        event_term.event_level = incident.event_level
        and event_term.event = incident.event
