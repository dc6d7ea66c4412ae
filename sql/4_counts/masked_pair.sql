-- Kind: table
-- Title: The 2x2 table of each pair in comparator A without the reports of the event's top contributor
-- Grain: (drug, event_level, event)
-- Reads: counts.pair_contributor, counts.pair_member, counts.substance_member, counts.shared_report
-- Source: docs/cohort.md, "Masking". The contributor's reports leave all four cells, those with the drug included.
with taken as (
    select
        pair.drug,
        pair.event_level,
        pair.event,
        count(*) as n_reports
    from counts.pair_contributor as pair
    inner join counts.pair_member as member
        on
            pair.drug = member.drug
            and pair.event_level = member.event_level
            and pair.event = member.event
    inner join counts.substance_member as substance
        on
            member.quarter_no = substance.quarter_no
            and member.primaryid = substance.primaryid
            and member.caseid = substance.caseid
            and pair.contributor = substance.substance
    where
        member.comparator = 'A'
        and member.known_until is null
    group by pair.drug, pair.event_level, pair.event
)

select
    pair.drug_level,
    pair.drug,
    pair.event_level,
    pair.event,
    pair.contributor,
    pair.n_both,
    pair.n_substance,
    pair.masking_ratio,
    pair.a - coalesce(taken.n_reports, 0) as a_without,
    pair.n_drug - coalesce(shared.n_reports, 0) + coalesce(litigated.n_reports, 0) as n_drug_without,
    pair.n_event - pair.n_both as n_event_without,
    pair.n - pair.n_substance as n_without
from counts.pair_contributor as pair
left join taken
    on
        pair.drug = taken.drug
        and pair.event_level = taken.event_level
        and pair.event = taken.event
left join counts.shared_report as shared
    on
        pair.drug = shared.drug
        and pair.contributor = shared.contributor
        and shared.litigation_set = ''
left join counts.shared_report as litigated
    on
        pair.drug = litigated.drug
        and pair.contributor = litigated.contributor
        and pair.litigation_set = litigated.litigation_set
        and litigated.litigation_set <> ''
