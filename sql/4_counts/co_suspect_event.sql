-- Kind: table
-- Title: Combinations of a scored drug, another suspect substance and an event that at least 3 reports name
-- Grain: (drug, event_level, event, substance)
-- Reads: counts.pair_member, counts.substance_member, cohort.own_substance
-- Source: docs/statistics.md, "Pairs of drugs". Comparator A, latest quarter; substances, groups and supergroups
select
    member.drug,
    member.event_level,
    member.event,
    substance_member.substance,
    count(*) as n_reports
from counts.pair_member as member
inner join counts.substance_member as substance_member
    on
        member.quarter_no = substance_member.quarter_no
        and member.primaryid = substance_member.primaryid
        and member.caseid = substance_member.caseid
anti join cohort.own_substance as own
    on
        member.drug = own.drug
        and substance_member.substance = own.substance
where
    member.comparator = 'A'
    and member.drug_level = 'substance'
    and member.event_level in ('group', 'supergroup')
    and member.known_until is null
group by member.drug, member.event_level, member.event, substance_member.substance
having count(*) >= 3
