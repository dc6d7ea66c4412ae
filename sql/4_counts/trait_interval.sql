-- Kind: table
-- Title: Reports of comparator A by the interval in which they count and by reporter, sex and age band
-- Grain: (measure, drug, event_level, event, litigation_set, reporter, sex, age_band, known_from, known_until); groups
--   and supergroups
-- Reads: cohort.counted_report, cohort.report_statement, cohort.exposure, cohort.outcome, cohort.litigated_report
-- Source: docs/signals.md, "Checks of professionals, age and sex"; as counts.interval: n and n_drug of a litigation
--   set are what leaves, n_event and a are counted without the litigated reports. Traits are those of the version.
with population as (
    select
        'n' as measure,
        '' as drug,
        '' as event_level,
        '' as event,
        '' as litigation_set,
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
        'n_drug' as measure,
        exposure.drug,
        population.event_level,
        population.event,
        population.litigation_set,
        population.reporter,
        population.sex,
        population.age_band,
        population.known_from,
        population.known_until,
        population.quarter_no,
        population.primaryid,
        population.caseid
    from population
    inner join cohort.exposure as exposure
        on
            population.quarter_no = exposure.quarter_no
            and population.primaryid = exposure.primaryid
),

whole as (
    select population.* from population
    union all
    select exposed.* from exposed
),

leaving as (
    select
        whole.measure,
        whole.drug,
        whole.event_level,
        whole.event,
        litigated.litigation_set,
        whole.reporter,
        whole.sex,
        whole.age_band,
        whole.known_from,
        whole.known_until,
        whole.quarter_no,
        whole.primaryid,
        whole.caseid
    from whole
    inner join cohort.litigated_report as litigated
        on
            whole.quarter_no = litigated.quarter_no
            and whole.primaryid = litigated.primaryid
            and whole.caseid = litigated.caseid
),

with_event as (
    select
        case whole.measure when 'n' then 'n_event' else 'a' end as measure,
        whole.drug,
        outcome.event_level,
        outcome.event,
        whole.litigation_set,
        whole.reporter,
        whole.sex,
        whole.age_band,
        whole.known_from,
        whole.known_until,
        whole.quarter_no,
        whole.primaryid,
        whole.caseid
    from whole
    inner join cohort.outcome as outcome
        on
            whole.quarter_no = outcome.quarter_no
            and whole.primaryid = outcome.primaryid
            and whole.caseid = outcome.caseid
    where
        outcome.event_level in ('group', 'supergroup')
        and not outcome.is_litigated
),

counted as (
    select whole.* from whole
    union all
    select leaving.* from leaving
    union all
    select with_event.* from with_event
)

select
    measure,
    drug,
    event_level,
    event,
    litigation_set,
    reporter,
    sex,
    age_band,
    known_from,
    known_until,
    count(*) as n_reports
from counted
group by
    measure,
    drug,
    event_level,
    event,
    litigation_set,
    reporter,
    sex,
    age_band,
    known_from,
    known_until
