-- Kind: table
-- Title: Current reports that name an MS therapy and a neoplasm term but do not count for the pair, and why
-- Grain: (drug, event, caseid, term); event is the neoplasm group of the term
-- Reads: counts.review_report, cohort.therapy_record, cohort.outcome_verdict, counts.pair_member,
--   cohort.litigated_report, cohort.event, codelists.drug_member, analysis.role
with candidate as (
    select
        drug_member.drug,
        verdict.group_id as event,
        verdict.term,
        review.caseid,
        review.quarter_no,
        review.primaryid,
        bool_or(record.is_admitted) as is_admitted,
        bool_or(record.is_admitted and role.role_cod is not null) as is_exposed,
        min(record.product_status) as product_status,
        bool_or(verdict.is_included) as is_included,
        min(verdict.reason) as outcome_reason,
        bool_or(verdict.is_secondary) as is_secondary,
        bool_or(verdict.is_incident) as is_incident
    from counts.review_report as review
    inner join cohort.therapy_record as record
        on
            review.quarter_no = record.quarter_no
            and review.primaryid = record.primaryid
    inner join codelists.drug_member as drug_member
        on
            record.therapy = drug_member.therapy
            and drug_member.drug_level = 'substance'
    inner join cohort.outcome_verdict as verdict
        on
            review.quarter_no = verdict.quarter_no
            and review.primaryid = verdict.primaryid
    left join analysis.role as role
        on record.role_cod = role.role_cod
    where verdict.group_id is not null
    group by
        drug_member.drug,
        verdict.group_id,
        verdict.term,
        review.caseid,
        review.quarter_no,
        review.primaryid
)

select
    candidate.drug,
    candidate.event,
    candidate.term,
    candidate.caseid,
    candidate.primaryid,
    candidate.quarter_no,
    case
        when not candidate.is_admitted then 'product: ' || candidate.product_status
        when not candidate.is_exposed then 'role: concomitant or interacting only'
        when not candidate.is_included then 'outcome: ' || candidate.outcome_reason
        when candidate.is_secondary then 'outcome: secondary, recurrence or progression term'
        when not candidate.is_incident then 'outcome: not malignant (counted in its own group)'
        when litigated.primaryid is not null then 'litigated ingredient among the suspects'
        else 'no named drug or no reaction'
    end as reason
from candidate
left join cohort.event as event
    on
        candidate.event = event.event
        and event.event_level = 'group'
left join cohort.litigated_report as litigated
    on
        event.litigation_set = litigated.litigation_set
        and candidate.quarter_no = litigated.quarter_no
        and candidate.primaryid = litigated.primaryid
        and candidate.caseid = litigated.caseid
anti join counts.pair_member as member
    on
        member.comparator = 'A'
        and candidate.is_incident
        and candidate.is_included
        and candidate.drug = member.drug
        and member.event_level = 'group'
        and candidate.event = member.event
        and candidate.caseid = member.caseid
        and candidate.quarter_no = member.quarter_no
