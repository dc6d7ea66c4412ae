-- Kind: view
-- Title: Terms that make an event: those of the code lists, and of a user's own MedDRA, which stay in the warehouse
-- Grain: (event_level, event, term)
-- Reads: codelists.event_term, codelists.meddra_term
select
    event_term.event_level,
    event_term.event,
    event_term.term
from codelists.event_term as event_term
union all
select
    meddra_term.event_level,
    meddra_term.event,
    meddra_term.term
from codelists.meddra_term as meddra_term
