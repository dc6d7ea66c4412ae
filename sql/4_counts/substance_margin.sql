-- Kind: table
-- Title: Reports of comparator A that name a substance as suspect, for each set of litigated ingredients that leaves
-- Grain: (litigation_set, substance)
-- Reads: cohort.suspect_substance, counts.substance_member, cohort.litigated_report, cohort.event
-- Source: docs/cohort.md, "Masking". Primary variant, latest quarter.
with litigation_set as (
    select distinct event.litigation_set
    from cohort.event as event
    where event.event_level <> 'pt'
),

named as (
    select distinct
        suspect.quarter_no,
        suspect.primaryid,
        suspect.caseid,
        suspect.substance
    from cohort.suspect_substance as suspect
),

total as (
    select
        named.substance,
        count(*) as n_reports
    from named
    group by named.substance
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
    total.n_reports - coalesce(litigated.n_reports, 0) as n_substance
from total
cross join litigation_set
left join litigated
    on
        total.substance = litigated.substance
        and litigation_set.litigation_set = litigated.litigation_set
