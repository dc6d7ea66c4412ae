-- Kind: table
-- Title: How many are left and how many went at each step, as of as_of
-- Grain: step_no
-- Reads: staged.demo, cases.sighting, cases.version, cases.suspected_duplicate, cohort.report,
--   cohort.therapy_record, cohort.outcome_verdict, cohort.product_status, cohort.exposure, counts.pair_member,
--   codelists.drug_member, analysis.role, analysis.headline_event, analysis.event_list
-- Source: in each part the rows removed and those left at its end sum to those left at its beginning
with demo_row as (
    select
        count(*) as n_rows,
        count(*) filter (where demo.caseid is null) as n_no_case
    from staged.demo as demo
    where demo.quarter_no in (select held_quarter.quarter_no from cases.held_quarter as held_quarter)
),

sighting_row as (
    select count(*) as n_sightings
    from cases.sighting
),

version_row as (
    select
        coalesce(version.until_reason, 'current') as state,
        count(*) as n_rows
    from cases.version as version
    group by coalesce(version.until_reason, 'current')
),

current_version as (
    select count(*) as n_versions
    from cases.version as version
    where version.known_until is null
),

current_report as (
    select
        report.quarter_no,
        report.primaryid,
        report.is_ms,
        duplicate.caseid is not null as is_duplicate
    from cohort.report as report
    left join cases.suspected_duplicate as duplicate
        on
            report.quarter_no = duplicate.quarter_no
            and report.primaryid = duplicate.primaryid
            and report.caseid = duplicate.caseid
    where report.known_until is null
),

population as (
    select
        count(*) as n_reports,
        count(*) filter (where current_report.is_duplicate) as n_duplicates,
        count(*) filter (where not current_report.is_duplicate) as n_a,
        count(*) filter (where not current_report.is_duplicate and current_report.is_ms) as n_b
    from current_report
),

therapy_report as (
    select
        record.quarter_no,
        record.primaryid,
        record.therapy,
        bool_or(record.is_admitted and role.role_cod is not null) as is_exposed,
        bool_or(record.is_admitted) as is_admitted,
        bool_or(current_report.is_duplicate) as is_duplicate,
        min(case when not record.is_admitted then status.place end) as left_out_place,
        min(case when record.is_admitted then status.place end) as admitted_place
    from cohort.therapy_record as record
    inner join cohort.product_status as status
        on record.product_status = status.product_status
    inner join codelists.drug_member as drug_member
        on
            record.therapy = drug_member.drug
            and drug_member.drug_level = 'substance'
    inner join current_report
        on
            record.quarter_no = current_report.quarter_no
            and record.primaryid = current_report.primaryid
    left join analysis.role as role
        on record.role_cod = role.role_cod
    group by record.quarter_no, record.primaryid, record.therapy
),

verdict as (
    select
        outcome_verdict.is_included,
        outcome_verdict.event_list,
        outcome_verdict.is_treated_event,
        outcome_verdict.reason,
        current_report.is_duplicate,
        case when outcome_verdict.event_list = 'neoplasms' then outcome_verdict.is_incident end as is_incident,
        case when outcome_verdict.event_list = 'neoplasms' then outcome_verdict.is_secondary end as is_secondary
    from cohort.outcome_verdict as outcome_verdict
    inner join current_report
        on
            outcome_verdict.quarter_no = current_report.quarter_no
            and outcome_verdict.primaryid = current_report.primaryid
),

both_counted as (
    select
        headline_event.event,
        count(distinct member.caseid) as n_cases
    from analysis.headline_event as headline_event
    left join counts.pair_member as member
        on
            headline_event.event = member.event
            and member.comparator = 'A'
            and member.drug_level = 'substance'
            and member.known_until is null
    group by headline_event.event
),

step as (
    select
        1 as step_no,
        'cases' as part,
        'DEMO rows staged' as step,
        'left' as kind,
        'rows' as unit,
        n_rows as n
    from demo_row
    union all
    select
        2,
        'cases',
        'without a case number',
        'removed',
        'rows',
        n_no_case
    from demo_row
    union all
    select
        3,
        'cases',
        'repeat the key of another row of the quarter',
        'removed',
        'rows',
        demo_row.n_rows - demo_row.n_no_case - sighting_row.n_sightings
    from demo_row
    cross join sighting_row
    union all
    select
        4,
        'cases',
        'sightings of case versions',
        'left',
        'versions',
        n_sightings
    from sighting_row
    union all
    select
        case state
            when 'lower version in the same quarter' then 5
            when 'older than the version held' then 6
            when 'superseded' then 7
            when 'deleted' then 8
            else 9
        end,
        'cases',
        case state when 'current' then 'current reports' when 'deleted' then 'withdrawn by the FDA' else state end,
        case state when 'current' then 'left' else 'removed' end,
        case state when 'current' then 'reports' else 'versions' end,
        n_rows
    from version_row
    union all
    select
        10,
        'population',
        'without a named drug or a reaction',
        'removed',
        'reports',
        current_version.n_versions - population.n_reports
    from population
    cross join current_version
    union all
    select
        11,
        'population',
        'suspected duplicate of a current report with a smaller case number',
        'removed',
        'reports',
        n_duplicates
    from population
    union all
    select
        12,
        'population',
        'comparator A before litigated reports leave',
        'left',
        'reports',
        n_a
    from population
    union all
    select
        13,
        'population',
        'comparator B: an indication of the list or a brand for it alone',
        'left',
        'reports',
        n_b
    from population
    union all
    select
        20,
        'exposure',
        'report names a scored therapy in any role',
        'left',
        'report x therapy',
        count(*)
    from therapy_report
    union all
    select
        21,
        'exposure',
        'product rule: ' || status.product_status,
        'removed',
        'report x therapy',
        count(left_out.therapy)
    from cohort.product_status as status
    left join therapy_report as left_out
        on
            status.place = left_out.left_out_place
            and not left_out.is_admitted
    where not status.is_admitted
    group by status.product_status
    union all
    select
        21,
        'exposure',
        'product rule admits: ' || status.product_status,
        'shown',
        'report x therapy',
        count(admitted.therapy)
    from cohort.product_status as status
    left join therapy_report as admitted
        on status.place = admitted.admitted_place
    where status.is_admitted
    group by status.product_status
    union all
    select
        22,
        'exposure',
        'concomitant or interacting only',
        'removed',
        'report x therapy',
        count(*)
    from therapy_report
    where
        is_admitted
        and not is_exposed
    union all
    select
        23,
        'exposure',
        'suspected duplicate',
        'removed',
        'report x therapy',
        count(*)
    from therapy_report
    where
        is_exposed
        and is_duplicate
    union all
    select
        24,
        'exposure',
        'exposed',
        'left',
        'report x therapy',
        count(*)
    from therapy_report
    where
        is_exposed
        and not is_duplicate
    union all
    select
        30,
        'outcome',
        'report holds a term of an event',
        'left',
        'report x term',
        count(*)
    from verdict
    union all
    select
        31,
        'outcome',
        'indication rule: ' || reason,
        'removed',
        'report x term',
        count(*)
    from verdict
    where not is_included
    group by reason
    union all
    select
        32,
        'outcome',
        'suspected duplicate',
        'removed',
        'report x term',
        count(*)
    from verdict
    where
        is_included
        and is_duplicate
    union all
    select
        33,
        'outcome',
        'secondary, recurrence or progression terms',
        'no incident event',
        'report x term',
        count(*)
    from verdict
    where
        is_included
        and not is_duplicate
        and is_secondary
    union all
    select
        34,
        'outcome',
        'benign, in situ, uncertain or other terms',
        'no incident event',
        'report x term',
        count(*)
    from verdict
    where
        is_included
        and not is_duplicate
        and not is_secondary
        and not is_incident
    union all
    select
        35,
        'outcome',
        'incident malignant terms',
        'left',
        'report x term',
        count(*)
    from verdict
    where
        is_included
        and not is_duplicate
        and is_incident
    union all
    select
        36,
        'outcome',
        'of these treated events, kept and marked',
        'shown',
        'report x term',
        count(*)
    from verdict
    where
        is_included
        and not is_duplicate
        and is_incident
        and is_treated_event
    union all
    select
        37,
        'outcome',
        'terms that count as an event: ' || replace(event_list, '_', ' '),
        'left',
        'report x term',
        count(*)
    from verdict
    where
        is_included
        and not is_duplicate
        and event_list <> 'neoplasms'
    group by event_list
    union all
    select
        40,
        'both',
        'scored therapy and ' || event || ' in comparator A',
        'left',
        'reports',
        n_cases
    from both_counted
)

select
    part,
    step,
    kind,
    unit,
    n,
    row_number() over (order by step_no asc, step asc) as step_no
from step
where
    step.step_no not between 33 and 36
    or exists (
        select 1
        from analysis.event_list as event_list
        where event_list.event_list = 'neoplasms'
    )
