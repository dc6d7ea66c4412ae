-- Kind: table
-- Title: Reports that leave the events of a litigation set by one ingredient only
-- Grain: (litigation_set, quarter_no, primaryid, caseid); sets of events that cross
-- Reads: signals.screened, cohort.event, cohort.litigated_record
-- Source: docs/signals.md, "Hinges". An ingredient counts in its years of receipt, as in cohort.litigated_report.
with wanted as (
    select distinct
        event.litigation_set,
        event.litigated_entries
    from signals.screened as screened
    inner join cohort.event as event
        on
            screened.event_level = event.event_level
            and screened.event = event.event
    where
        screened.is_screened
        and screened.by_a
        and (screened.by_b or screened.by_c)
        and event.litigation_set <> ''
),

member as (
    select
        wanted.litigation_set,
        unnest(string_split(wanted.litigated_entries, '|')) as entry
    from wanted
),

entry as (
    select
        member.litigation_set,
        cast(split_part(member.entry, ':', 2) as integer) as year_from,
        cast(split_part(member.entry, ':', 3) as integer) as year_to,
        split_part(member.entry, ':', 1) as ingredient
    from member
)

select
    entry.litigation_set,
    record.quarter_no,
    record.primaryid,
    record.caseid,
    min(entry.ingredient) as ingredient
from entry
inner join cohort.litigated_record as record
    on entry.ingredient = record.ingredient
where record.received_year between entry.year_from and entry.year_to
group by entry.litigation_set, record.quarter_no, record.primaryid, record.caseid
having count(distinct entry.ingredient) = 1
