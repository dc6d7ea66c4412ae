-- Kind: table
-- Title: Current reports that name a scored therapy and a term of an event but do not count for the pair, and why
-- Grain: (drug, event, caseid, term); for a group all its terms, for other events the terms that map to them
-- Reads: counts.review_report, cohort.therapy_record, cohort.product_status, cohort.outcome_verdict,
--   counts.review_member, cohort.litigated_report, cohort.event, cases.suspected_duplicate, codelists.drug_member,
--   codelists.event_term, analysis.role
with event_of_term as (
    select
        event_term.event,
        event_term.term,
        true as is_mapped
    from codelists.event_term as event_term
    where event_term.event_level in ('group', 'supergroup')
    union all
    select
        event.event,
        term.term,
        false as is_mapped
    from codelists.event as event
    inner join codelists.term as term
        on event.event = term.group_id
    anti join codelists.event_term as event_term
        on
            event.event = event_term.event
            and term.term = event_term.term
    where event.event_level = 'group'
),

named as (
    select
        drug_member.drug,
        review.caseid,
        review.quarter_no,
        review.primaryid,
        bool_or(record.is_admitted) as is_admitted,
        bool_or(record.is_admitted and role.role_cod is not null) as is_exposed,
        min_by(record.product_status, status.place) as product_status
    from counts.review_report as review
    inner join cohort.therapy_record as record
        on
            review.quarter_no = record.quarter_no
            and review.primaryid = record.primaryid
    inner join cohort.product_status as status
        on record.product_status = status.product_status
    inner join codelists.drug_member as drug_member
        on record.therapy = drug_member.therapy
    left join analysis.role as role
        on record.role_cod = role.role_cod
    group by drug_member.drug, review.caseid, review.quarter_no, review.primaryid
),

candidate as (
    select
        named.*,
        event_of_term.event,
        event_of_term.is_mapped,
        verdict.term,
        verdict.is_included,
        verdict.is_secondary,
        verdict.reason as outcome_reason
    from named
    inner join cohort.outcome_verdict as verdict
        on
            named.quarter_no = verdict.quarter_no
            and named.primaryid = verdict.primaryid
    inner join event_of_term
        on verdict.term = event_of_term.term
    anti join counts.review_member as member
        on
            member.comparator = 'A'
            and named.drug = member.drug
            and event_of_term.event = member.event
            and named.caseid = member.caseid
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
        when not candidate.is_mapped and candidate.is_secondary
            then 'outcome: secondary, recurrence or progression term'
        when not candidate.is_mapped then 'outcome: not an incident malignant term (counted in its own group)'
        when duplicate.primaryid is not null then 'suspected duplicate'
        when litigated.primaryid is not null then 'litigated ingredient among the suspects'
        else 'no named drug or no reaction'
    end as reason
from candidate
inner join cohort.event as event
    on
        candidate.event = event.event
        and event.event_level in ('group', 'supergroup')
left join cases.suspected_duplicate as duplicate
    on
        candidate.quarter_no = duplicate.quarter_no
        and candidate.primaryid = duplicate.primaryid
        and candidate.caseid = duplicate.caseid
left join cohort.litigated_report as litigated
    on
        event.litigation_set = litigated.litigation_set
        and candidate.quarter_no = litigated.quarter_no
        and candidate.primaryid = litigated.primaryid
        and candidate.caseid = litigated.caseid
