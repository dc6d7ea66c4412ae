-- Kind: table
-- Title: Change of n and n_event of comparator C by the reports that name one reference therapy only; summed, the count
-- Grain: (measure, drug, event_level, event, litigation_set, therapy, quarter_no)
-- Reads: signals.screened, signals.sole_reference, cohort.counted_report, cohort.outcome, cohort.litigated_report
-- Source: +1 at known_from, -1 at known_until. n of a litigation set is what the cells of its events do not hold.
with wanted as (
    select distinct
        screened.drug,
        screened.event_level,
        screened.event
    from signals.screened as screened
    where
        screened.is_screened
        and screened.by_a
        and screened.by_c
        and not coalesce(screened.by_b, false)
),

compared as (
    select
        sole.drug,
        sole.quarter_no,
        sole.primaryid,
        sole.caseid,
        sole.therapy,
        report.known_from,
        report.known_until
    from signals.sole_reference as sole
    inner join cohort.counted_report as report
        on
            sole.quarter_no = report.quarter_no
            and sole.primaryid = report.primaryid
            and sole.caseid = report.caseid
),

counted as (
    select
        'n' as measure,
        compared.drug,
        '' as event_level,
        '' as event,
        '' as litigation_set,
        compared.therapy,
        compared.known_from,
        compared.known_until
    from compared
    union all
    select
        'n' as measure,
        compared.drug,
        '' as event_level,
        '' as event,
        litigated.litigation_set,
        compared.therapy,
        compared.known_from,
        compared.known_until
    from compared
    inner join cohort.litigated_report as litigated
        on
            compared.quarter_no = litigated.quarter_no
            and compared.primaryid = litigated.primaryid
            and compared.caseid = litigated.caseid
    union all
    select
        'n_event' as measure,
        compared.drug,
        outcome.event_level,
        outcome.event,
        '' as litigation_set,
        compared.therapy,
        compared.known_from,
        compared.known_until
    from compared
    inner join cohort.outcome as outcome
        on
            compared.quarter_no = outcome.quarter_no
            and compared.primaryid = outcome.primaryid
            and compared.caseid = outcome.caseid
    inner join wanted
        on
            compared.drug = wanted.drug
            and outcome.event_level = wanted.event_level
            and outcome.event = wanted.event
    where not outcome.is_litigated
),

change as (
    select
        counted.*,
        counted.known_from as quarter_no,
        1 as step
    from counted
    union all
    select
        counted.*,
        counted.known_until as quarter_no,
        -1 as step
    from counted
    where counted.known_until is not null
)

select
    measure,
    drug,
    event_level,
    event,
    litigation_set,
    therapy,
    quarter_no,
    cast(sum(step) as bigint) as step
from change
group by measure, drug, event_level, event, litigation_set, therapy, quarter_no
