-- Kind: table
-- Title: Reports that name a scored drug and another substance as suspects, for each set of litigated ingredients
-- Grain: (litigation_set, drug, substance); what is left of comparator A when the set's reports have left, at least 1
-- Reads: counts.exposed_member, counts.substance_member, cohort.own_substance, cohort.event, cohort.litigated_report
-- Source: docs/statistics.md, "Pairs of drugs". Primary variant, latest quarter; substances, not classes. A drug has no
--   pair with itself, under whatever name it is reported.
with litigation_set as (
    select distinct event.litigation_set
    from cohort.event as event
    where event.event_level in ('group', 'supergroup')
),

named as (
    select
        exposed.drug,
        member.substance,
        exposed.quarter_no,
        exposed.primaryid,
        exposed.caseid
    from counts.exposed_member as exposed
    inner join counts.substance_member as member
        on
            exposed.quarter_no = member.quarter_no
            and exposed.primaryid = member.primaryid
            and exposed.caseid = member.caseid
    anti join cohort.own_substance as own
        on
            exposed.drug = own.drug
            and member.substance = own.substance
    where
        exposed.comparator = 'A'
        and exposed.drug_level = 'substance'
        and exposed.known_until is null
),

total as (
    select
        named.drug,
        named.substance,
        count(*) as n_reports
    from named
    group by named.drug, named.substance
),

litigated as (
    select
        report.litigation_set,
        named.drug,
        named.substance,
        count(*) as n_reports
    from named
    inner join cohort.litigated_report as report
        on
            named.quarter_no = report.quarter_no
            and named.primaryid = report.primaryid
            and named.caseid = report.caseid
    group by report.litigation_set, named.drug, named.substance
)

select
    litigation_set.litigation_set,
    total.drug,
    total.substance,
    total.n_reports - coalesce(litigated.n_reports, 0) as n_both
from total
cross join litigation_set
left join litigated
    on
        total.drug = litigated.drug
        and total.substance = litigated.substance
        and litigation_set.litigation_set = litigated.litigation_set
where total.n_reports > coalesce(litigated.n_reports, 0)
