-- Kind: table
-- Title: Reports of comparator A that name a substance as suspect, for each set of litigated ingredients that leaves
-- Grain: (litigation_set, substance)
-- Reads: counts.crude_substance, counts.substance_member, cohort.litigated_report, cohort.event
-- Source: docs/cohort.md, "Masking". Primary variant, latest quarter.
with litigation_set as (
    select distinct event.litigation_set
    from cohort.event as event
    where event.event_level <> 'pt'
),

litigated as (
    select
        report.litigation_set,
        member.substance,
        count(*) as n_reports
    from cohort.litigated_report as report
    inner join counts.substance_member as member
        on
            report.quarter_no = member.quarter_no
            and report.primaryid = member.primaryid
            and report.caseid = member.caseid
    group by report.litigation_set, member.substance
)

select
    litigation_set.litigation_set,
    total.substance,
    total.n_drug - coalesce(litigated.n_reports, 0) as n_substance
from counts.crude_substance as total
cross join litigation_set
left join litigated
    on
        total.substance = litigated.substance
        and litigation_set.litigation_set = litigated.litigation_set
