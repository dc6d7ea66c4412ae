-- Kind: table
-- Title: Reports matched per litigated ingredient and receipt year; an entry that matches nothing is a finding
-- Grain: (ingredient, received_year); received_year is NULL for an ingredient without a report
-- Reads: codelists.litigated_ingredient, cohort.litigated_record, cohort.report
with current_record as (
    select
        record.ingredient,
        record.received_year,
        count(distinct record.caseid) as n_reports
    from cohort.litigated_record as record
    inner join cohort.report as report
        on
            record.quarter_no = report.quarter_no
            and record.primaryid = report.primaryid
            and record.caseid = report.caseid
    where report.known_until is null
    group by record.ingredient, record.received_year
)

select
    listed.ingredient,
    current_record.received_year,
    coalesce(current_record.n_reports, 0) as n_reports,
    exists(
        select 1
        from codelists.litigated_event as event
        where
            event.ingredient = listed.ingredient
            and current_record.received_year between event.year_from and event.year_to
    ) as is_removed
from codelists.litigated_ingredient as listed
left join current_record
    on listed.ingredient = current_record.ingredient
