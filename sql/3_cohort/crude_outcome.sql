-- Kind: table
-- Title: Groups, supergroups and other sets of terms that the reports that count now have, without indication rule
-- Grain: (report_no, event_no)
-- Reads: cohort.crude_reaction, cohort.crude_event, cohort.event_member
-- Source: docs/statistics.md, "Pairs of the whole database"
with member as (
    select
        term.event_no as term_no,
        event.event_no
    from cohort.event_member as event_term
    inner join cohort.crude_event as term
        on
            event_term.term = term.event
            and term.event_level = 'pt'
    inner join cohort.crude_event as event
        on
            event_term.event_level = event.event_level
            and event_term.event = event.event
    where event_term.event_level <> 'pt'
)

select distinct
    reaction.report_no,
    member.event_no
from cohort.crude_reaction as reaction
inner join member
    on reaction.event_no = member.term_no
