-- Kind: table
-- Title: Reports of comparator A by the interval in which they count and by reporter, sex and age band
-- Grain: (measure, drug, event_level, event, litigation_set, reporter, sex, age_band, known_from, known_until); groups
--   and supergroups
-- Reads: cohort.counted_report, cohort.report_statement, cohort.exposure, cohort.outcome, cohort.litigated_report
-- Source: docs/signals.md, "Checks of professionals, age and sex"; as counts.interval: n and n_drug of a litigation
--   set are what leaves, n_event and a are counted without the litigated reports. Traits are those of the version.
-- Each measure is grouped by what it varies in: most rows are of reports without a drug of the list.
with reported as (
    select
        statement.reporter,
        statement.sex,
        statement.age_band,
        report.known_from,
        report.known_until,
        report.quarter_no,
        report.primaryid,
        report.caseid
    from cohort.counted_report as report
    inner join cohort.report_statement as statement
        on
            report.quarter_no = statement.quarter_no
            and report.primaryid = statement.primaryid
            and report.caseid = statement.caseid
),

exposed as (
    select
        exposure.drug,
        reported.reporter,
        reported.sex,
        reported.age_band,
        reported.known_from,
        reported.known_until,
        reported.quarter_no,
        reported.primaryid,
        reported.caseid
    from reported
    inner join cohort.exposure as exposure
        on
            reported.quarter_no = exposure.quarter_no
            and reported.primaryid = exposure.primaryid
),

whole as (
    select
        'n' as measure,
        '' as drug,
        '' as event_level,
        '' as event,
        '' as litigation_set,
        reported.reporter,
        reported.sex,
        reported.age_band,
        reported.known_from,
        reported.known_until,
        count(*) as n_reports
    from reported
    group by
        reported.reporter,
        reported.sex,
        reported.age_band,
        reported.known_from,
        reported.known_until
),

leaving as (
    select
        'n' as measure,
        '' as drug,
        '' as event_level,
        '' as event,
        litigated.litigation_set,
        reported.reporter,
        reported.sex,
        reported.age_band,
        reported.known_from,
        reported.known_until,
        count(*) as n_reports
    from reported
    inner join cohort.litigated_report as litigated
        on
            reported.quarter_no = litigated.quarter_no
            and reported.primaryid = litigated.primaryid
            and reported.caseid = litigated.caseid
    group by
        litigated.litigation_set,
        reported.reporter,
        reported.sex,
        reported.age_band,
        reported.known_from,
        reported.known_until
),

exposed_whole as (
    select
        'n_drug' as measure,
        exposed.drug,
        '' as event_level,
        '' as event,
        '' as litigation_set,
        exposed.reporter,
        exposed.sex,
        exposed.age_band,
        exposed.known_from,
        exposed.known_until,
        count(*) as n_reports
    from exposed
    group by
        exposed.drug,
        exposed.reporter,
        exposed.sex,
        exposed.age_band,
        exposed.known_from,
        exposed.known_until
),

exposed_leaving as (
    select
        'n_drug' as measure,
        exposed.drug,
        '' as event_level,
        '' as event,
        litigated.litigation_set,
        exposed.reporter,
        exposed.sex,
        exposed.age_band,
        exposed.known_from,
        exposed.known_until,
        count(*) as n_reports
    from exposed
    inner join cohort.litigated_report as litigated
        on
            exposed.quarter_no = litigated.quarter_no
            and exposed.primaryid = litigated.primaryid
            and exposed.caseid = litigated.caseid
    group by
        exposed.drug,
        litigated.litigation_set,
        exposed.reporter,
        exposed.sex,
        exposed.age_band,
        exposed.known_from,
        exposed.known_until
),

with_event as (
    select
        'n_event' as measure,
        '' as drug,
        outcome.event_level,
        outcome.event,
        '' as litigation_set,
        reported.reporter,
        reported.sex,
        reported.age_band,
        reported.known_from,
        reported.known_until,
        count(*) as n_reports
    from reported
    inner join cohort.outcome as outcome
        on
            reported.quarter_no = outcome.quarter_no
            and reported.primaryid = outcome.primaryid
            and reported.caseid = outcome.caseid
    where
        outcome.event_level in ('group', 'supergroup')
        and not outcome.is_litigated
    group by
        outcome.event_level,
        outcome.event,
        reported.reporter,
        reported.sex,
        reported.age_band,
        reported.known_from,
        reported.known_until
),

exposed_with_event as (
    select
        'a' as measure,
        exposed.drug,
        outcome.event_level,
        outcome.event,
        '' as litigation_set,
        exposed.reporter,
        exposed.sex,
        exposed.age_band,
        exposed.known_from,
        exposed.known_until,
        count(*) as n_reports
    from exposed
    inner join cohort.outcome as outcome
        on
            exposed.quarter_no = outcome.quarter_no
            and exposed.primaryid = outcome.primaryid
            and exposed.caseid = outcome.caseid
    where
        outcome.event_level in ('group', 'supergroup')
        and not outcome.is_litigated
    group by
        exposed.drug,
        outcome.event_level,
        outcome.event,
        exposed.reporter,
        exposed.sex,
        exposed.age_band,
        exposed.known_from,
        exposed.known_until
)

select whole.* from whole
union all
select leaving.* from leaving
union all
select exposed_whole.* from exposed_whole
union all
select exposed_leaving.* from exposed_leaving
union all
select with_event.* from with_event
union all
select exposed_with_event.* from exposed_with_event
