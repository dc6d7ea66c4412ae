-- Kind: table
-- Title: Reports of the whole database that have an event, and all reports
-- Grain: event_no; an event without a report has no row
-- Reads: cohort.crude_reaction, cohort.crude_outcome, cohort.crude_event, cohort.current_report
-- Source: docs/statistics.md, "Pairs of the whole database"; latest quarter
with reported as (
    select
        reaction.event_no,
        count(*) as n_event
    from cohort.crude_reaction as reaction
    group by reaction.event_no
    union all
    select
        outcome.event_no,
        count(*) as n_event
    from cohort.crude_outcome as outcome
    group by outcome.event_no
),

everyone as (
    select count(*) as n
    from cohort.current_report
)

select
    reported.event_no,
    event.event_level,
    event.event,
    reported.n_event,
    everyone.n
from reported
inner join cohort.crude_event as event
    on reported.event_no = event.event_no
cross join everyone
