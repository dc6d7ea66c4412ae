-- Kind: table
-- Title: Reports that leave all four cells of the events of a litigation set
-- Grain: (litigation_set, quarter_no, primaryid, caseid)
-- Reads: cohort.event, cohort.litigated_record
-- Source: stimulated reports mask: they raise c and push the ratios of other drugs down
with wanted as (
    select distinct
        event.litigation_set,
        event.litigated_entries
    from cohort.event as event
    where event.litigation_set <> ''
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

select distinct
    entry.litigation_set,
    record.quarter_no,
    record.primaryid,
    record.caseid
from entry
inner join cohort.litigated_record as record
    on entry.ingredient = record.ingredient
where record.received_year between entry.year_from and entry.year_to
