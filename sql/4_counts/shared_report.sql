-- Kind: table
-- Title: Reports that name a scored drug and a contributor, for each set of litigated ingredients that leaves
-- Grain: (litigation_set, drug, contributor); '' is all of them, of another set the litigated ones only
-- Reads: counts.exposed_member, counts.substance_member, counts.pair_contributor, cohort.litigated_report
-- Source: docs/cohort.md, "Masking". Primary variant, comparator A, latest quarter.
with wanted as (
    select distinct
        pair.drug,
        pair.contributor
    from counts.pair_contributor as pair
),

shared as (
    select
        wanted.drug,
        wanted.contributor,
        exposed.quarter_no,
        exposed.primaryid,
        exposed.caseid
    from counts.exposed_member as exposed
    inner join counts.substance_member as member
        on
            exposed.quarter_no = member.quarter_no
            and exposed.primaryid = member.primaryid
            and exposed.caseid = member.caseid
    inner join wanted
        on
            exposed.drug = wanted.drug
            and member.substance = wanted.contributor
    where
        exposed.comparator = 'A'
        and exposed.known_until is null
)

select
    '' as litigation_set,
    shared.drug,
    shared.contributor,
    count(*) as n_reports
from shared
group by shared.drug, shared.contributor
union all
select
    litigated.litigation_set,
    shared.drug,
    shared.contributor,
    count(*) as n_reports
from shared
inner join cohort.litigated_report as litigated
    on
        shared.quarter_no = litigated.quarter_no
        and shared.primaryid = litigated.primaryid
        and shared.caseid = litigated.caseid
group by litigated.litigation_set, shared.drug, shared.contributor
