-- Kind: table
-- Title: Pairs on the board at the latest held quarter, whose specifications are counted
-- Grain: (drug, event)
-- Reads: signals.screened, cohort.event, codelists.event_sex
-- Source: docs/signals.md, "The grid"
with latest as (
    select max(screened.quarter_no) as quarter_no
    from signals.screened as screened
)

select
    screened.drug_level,
    screened.drug,
    screened.event_level,
    screened.event,
    event.litigation_set,
    coalesce(event_sex.sex, 'all') as sex
from signals.screened as screened
inner join latest
    on screened.quarter_no = latest.quarter_no
inner join cohort.event as event
    on
        screened.event_level = event.event_level
        and screened.event = event.event
left join codelists.event_sex as event_sex
    on
        screened.event_level = event_sex.event_level
        and screened.event = event_sex.event
where screened.is_screened
