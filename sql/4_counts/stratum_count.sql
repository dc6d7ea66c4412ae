-- Kind: table
-- Title: Reports that count now by stratum: of each group, and of each group with each event
-- Grain: (role_set, report_group, drug, pattern, event_level, event, event_use, litigation_set, stratum_no)
-- Reads: cohort.group_member, cohort.reported_event, cohort.litigated_report
-- Source: docs/variants.md. event is '' for all reports of a group; litigation_set is '' for all of them, else those
--   that leave for the events of the set. Of an event, '' are the reports that stay, the set those that leave.
with member as (
    select
        member.role_set,
        member.report_group,
        member.drug,
        member.pattern,
        '' as event_level,
        '' as event,
        'no_event' as event_use,
        '' as litigation_set,
        member.stratum_no
    from cohort.group_member as member
),

litigated as (
    select
        member.role_set,
        member.report_group,
        member.drug,
        member.pattern,
        '' as event_level,
        '' as event,
        'no_event' as event_use,
        litigated_report.litigation_set,
        member.stratum_no
    from cohort.group_member as member
    inner join cohort.litigated_report as litigated_report
        on
            member.quarter_no = litigated_report.quarter_no
            and member.primaryid = litigated_report.primaryid
            and member.caseid = litigated_report.caseid
),

with_event as (
    select
        member.role_set,
        member.report_group,
        member.drug,
        member.pattern,
        reported_event.event_level,
        reported_event.event,
        reported_event.event_use,
        case when reported_event.is_litigated then reported_event.litigation_set else '' end as litigation_set,
        member.stratum_no
    from cohort.group_member as member
    inner join cohort.reported_event as reported_event
        on
            member.quarter_no = reported_event.quarter_no
            and member.primaryid = reported_event.primaryid
            and member.caseid = reported_event.caseid
),

counted as (
    select member.* from member
    union all
    select litigated.* from litigated
    union all
    select with_event.* from with_event
)

select
    role_set,
    report_group,
    drug,
    pattern,
    event_level,
    event,
    event_use,
    litigation_set,
    stratum_no,
    count(*) as n_reports
from counted
group by role_set, report_group, drug, pattern, event_level, event, event_use, litigation_set, stratum_no
