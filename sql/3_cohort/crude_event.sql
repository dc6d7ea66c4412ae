-- Kind: table
-- Title: Events that are counted over the whole database: every preferred term, and what the terms of a group make
-- Grain: event_no; (event_level, event)
-- Reads: staged.term_spelling, cohort.event_member
-- Source: docs/statistics.md, "Pairs of the whole database"; groupings of a user's own MedDRA come last, so that with
--   them no other event has another number
with named as (
    select distinct
        'pt' as event_level,
        spelling.term as event
    from staged.term_spelling as spelling
    union all
    select distinct
        event_term.event_level,
        event_term.event
    from cohort.event_member as event_term
    where event_term.event_level <> 'pt'
)

select
    event_level,
    event,
    cast(
        row_number() over (
            order by
                event_level = 'meddra' asc,
                event_level asc,
                event asc
        ) as integer
    ) as event_no
from named
