-- Kind: table
-- Title: Control pairs in each comparator of the primary variant, and why a pair has no 2x2 table there
-- Grain: (comparator, control_type, drug, event_level, event)
-- Reads: codelists.control, codelists.drug_member, codelists.litigated_event, codelists.term,
--   analysis.variant_comparator, cases.held_quarter, cohort.event, cohort.drug_start, cohort.variant_reference,
--   counts.cell
-- Source: domain methods, section 7, "Error budget". Controls go through the same cells as the signals; a control
--   that has none keeps its row. Preferred terms have cells with a >= 1 only.
with latest as (
    select max(held_quarter.quarter_no) as quarter_no
    from cases.held_quarter as held_quarter
),

compared as (
    select
        comparator.comparator,
        control.control_type,
        control.drug,
        control.event_level,
        control.event,
        control.label_date,
        control.reason,
        control.certainty,
        held_quarter.quarter_no,
        held_quarter.quarter
    from codelists.control as control
    cross join analysis.variant_comparator as comparator
    cross join latest
    inner join cases.held_quarter as held_quarter
        on latest.quarter_no = held_quarter.quarter_no
    where comparator.variant = 'primary'
),

litigated as (
    select distinct
        listed.ingredient,
        listed.event_level,
        listed.event
    from codelists.litigated_event as listed
    union
    select distinct
        listed.ingredient,
        'pt' as event_level,
        term.term as event
    from codelists.litigated_event as listed
    inner join codelists.term as term
        on listed.event = term.group_id
    where listed.event_level = 'group_pts'
),

scored as (
    select distinct drug_member.drug
    from codelists.drug_member as drug_member
),

reference as (
    select distinct variant_reference.drug
    from cohort.variant_reference as variant_reference
    where variant_reference.variant = 'primary'
)

select
    compared.comparator,
    compared.control_type,
    compared.drug,
    compared.event_level,
    compared.event,
    compared.label_date,
    compared.reason,
    compared.certainty,
    compared.quarter,
    litigated.event is not null as is_litigated,
    case
        when cell.drug is not null then null
        when scored.drug is null then 'the drug is not scored'
        when event.event is null then 'the event is not counted in this analysis'
        when drug_start.drug is null then 'no report of the drug'
        when compared.comparator = 'C' and reference.drug is null then 'the drug has no reference in C'
        else 'no report of the pair, and terms are counted from one on'
    end as why_not_counted
from compared
left join cohort.event as event
    on
        compared.event_level = event.event_level
        and compared.event = event.event
left join scored
    on compared.drug = scored.drug
left join reference
    on compared.drug = reference.drug
left join litigated
    on
        compared.drug = litigated.ingredient
        and compared.event_level = litigated.event_level
        and compared.event = litigated.event
left join cohort.drug_start as drug_start
    on compared.drug = drug_start.drug
left join counts.cell as cell
    on
        cell.variant = 'primary'
        and compared.comparator = cell.comparator
        and compared.drug = cell.drug
        and compared.event_level = cell.event_level
        and compared.event = cell.event
        and compared.quarter_no = cell.quarter_no
