-- Kind: table
-- Title: Events that are scored, each with the set of litigated ingredients that leaves it
-- Grain: (event_level, event)
-- Reads: codelists.event, codelists.event_term, codelists.term, codelists.litigated_event, cohort.outcome_verdict
-- Source: a set is named by a hash of its entries: millions of reports are grouped by the name, and DuckDB keeps up to
--   twelve letters in place
with reported_term as (
    select distinct outcome_verdict.term
    from cohort.outcome_verdict as outcome_verdict
),

named as (
    select
        event.event_level,
        event.event,
        event.label,
        event.group_id,
        event.behaviour
    from codelists.event as event
    union all
    select
        event_term.event_level,
        event_term.event,
        event_term.event as label,
        term.group_id,
        term.behaviour
    from codelists.event_term as event_term
    inner join codelists.term as term
        on event_term.term = term.term
    semi join reported_term
        on event_term.term = reported_term.term
    where event_term.event_level = 'pt'
),

entry as (
    select
        named.event_level,
        named.event,
        concat_ws(':', listed.ingredient, listed.year_from, listed.year_to) as entry
    from named
    inner join codelists.litigated_event as listed
        on
            (named.event_level = listed.event_level and named.event = listed.event)
            or (
                named.event_level = 'pt'
                and listed.event_level = 'group_pts'
                and named.group_id = listed.event
            )
),

set_of as (
    select
        entry.event_level,
        entry.event,
        string_agg(distinct entry.entry, '|' order by entry.entry asc) as litigated_entries
    from entry
    group by entry.event_level, entry.event
)

select
    named.event_level,
    named.event,
    named.label,
    named.group_id,
    named.behaviour,
    coalesce(set_of.litigated_entries, '') as litigated_entries,
    coalesce(left(md5(set_of.litigated_entries), 10), '') as litigation_set
from named
left join set_of
    on
        named.event_level = set_of.event_level
        and named.event = set_of.event
