-- Kind: table
-- Title: What stimulates or bundles reports, as each report of a drug of the board has it: who, where, when, after what
-- Grain: (drug, quarter_no, primaryid, caseid, trait, value)
-- Reads: signals.stimulated_report, signals.report_source, cohort.report_trait, cases.held_quarter, cases.received,
--   codelists.notoriety_drug, codelists.notoriety_date
-- Source: docs/signals.md, "Stimulated reporting". What a report does not state is no value of it, but for the
--   reporter, whose unknown ones are a kind. Windows of notoriety are those of signals.recent_step.
with described as (
    select
        report.drug,
        report.quarter_no,
        report.primaryid,
        report.caseid,
        report.in_b,
        report.in_c,
        trait.reporter,
        source.sender,
        source.country,
        source.literature,
        held_quarter.quarter as entry_quarter,
        source.country || ' ' || held_quarter.quarter as country_quarter
    from signals.stimulated_report as report
    inner join cohort.report_trait as trait
        on
            report.quarter_no = trait.quarter_no
            and report.primaryid = trait.primaryid
            and report.caseid = trait.caseid
    inner join signals.report_source as source
        on
            report.quarter_no = source.quarter_no
            and report.primaryid = source.primaryid
            and report.caseid = source.caseid
    inner join cases.held_quarter as held_quarter
        on report.entry_quarter_no = held_quarter.quarter_no
),

followed as (
    select distinct
        report.drug,
        report.quarter_no,
        report.primaryid,
        report.caseid,
        report.in_b,
        report.in_c,
        notoriety.date_text || ' ' || notoriety.ingredient || ': ' || notoriety.what as value
    from signals.stimulated_report as report
    inner join cases.received as received
        on report.caseid = received.caseid
    inner join codelists.notoriety_drug as concerned
        on report.drug = concerned.drug
    inner join codelists.notoriety_date as notoriety
        on
            concerned.date_no = notoriety.date_no
            and received.received_date > notoriety.last_day
            and received.received_date <= notoriety.window_last_day
),

valued as (
    select
        described.drug,
        described.quarter_no,
        described.primaryid,
        described.caseid,
        described.in_b,
        described.in_c,
        'reporter' as trait,
        described.reporter as value
    from described
    union all
    select
        described.drug,
        described.quarter_no,
        described.primaryid,
        described.caseid,
        described.in_b,
        described.in_c,
        'sender' as trait,
        described.sender as value
    from described
    union all
    select
        described.drug,
        described.quarter_no,
        described.primaryid,
        described.caseid,
        described.in_b,
        described.in_c,
        'country' as trait,
        described.country as value
    from described
    union all
    select
        described.drug,
        described.quarter_no,
        described.primaryid,
        described.caseid,
        described.in_b,
        described.in_c,
        'literature' as trait,
        described.literature as value
    from described
    union all
    select
        described.drug,
        described.quarter_no,
        described.primaryid,
        described.caseid,
        described.in_b,
        described.in_c,
        'entry_quarter' as trait,
        described.entry_quarter as value
    from described
    union all
    select
        described.drug,
        described.quarter_no,
        described.primaryid,
        described.caseid,
        described.in_b,
        described.in_c,
        'country_quarter' as trait,
        described.country_quarter as value
    from described
    union all
    select
        followed.drug,
        followed.quarter_no,
        followed.primaryid,
        followed.caseid,
        followed.in_b,
        followed.in_c,
        'notoriety' as trait,
        followed.value
    from followed
)

select valued.*
from valued
where valued.value is not null
