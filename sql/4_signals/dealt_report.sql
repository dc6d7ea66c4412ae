-- Kind: table
-- Title: Every report that counts now and the stratum within which its events are dealt anew for the error budget
-- Grain: report_no
-- Reads: cohort.current_report, cohort.report_stratum, cohort.stratum, cohort.litigated_report
-- Source: docs/signals.md, "Error budget". A stratum is a pair of dealt_no (year of receipt, reporter, sex, age band,
--   is_ms) and litigated_no (the litigation sets that the report leaves; 0 for none).
with traits as (
    select
        stratum.stratum_no,
        stratum.is_ms,
        stratum.reporter = 'professional' as is_professional,
        dense_rank() over (
            order by
                stratum.received_year asc,
                stratum.is_ms asc,
                stratum.reporter asc,
                stratum.sex asc,
                stratum.age_band asc
        ) as dealt_no
    from cohort.stratum as stratum
),

litigated as (
    select
        litigated_report.quarter_no,
        litigated_report.primaryid,
        litigated_report.caseid,
        string_agg(
            litigated_report.litigation_set,
            ';'
            order by litigated_report.litigation_set asc
        ) as litigated_in
    from cohort.litigated_report as litigated_report
    group by litigated_report.quarter_no, litigated_report.primaryid, litigated_report.caseid
),

numbered as (
    select
        litigated.quarter_no,
        litigated.primaryid,
        litigated.caseid,
        dense_rank() over (order by litigated.litigated_in asc) as litigated_no
    from litigated
)

select
    report.report_no,
    report.entry_quarter_no,
    traits.is_ms,
    traits.is_professional,
    cast(traits.dealt_no as integer) as dealt_no,
    cast(coalesce(numbered.litigated_no, 0) as integer) as litigated_no
from cohort.current_report as report
inner join cohort.report_stratum as report_stratum
    on
        report.quarter_no = report_stratum.quarter_no
        and report.primaryid = report_stratum.primaryid
        and report.caseid = report_stratum.caseid
inner join traits
    on report_stratum.stratum_no = traits.stratum_no
left join numbered
    on
        report.quarter_no = numbered.quarter_no
        and report.primaryid = numbered.primaryid
        and report.caseid = numbered.caseid
