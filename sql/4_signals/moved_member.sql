-- Kind: table
-- Title: Cases that count for a drug or a pair at one of the two compared quarters and not at the other
-- Grain: (measure, comparator, drug, event_level, event, litigation_set, caseid); step is 1 gained, -1 lost
-- Reads: signals.compared_quarter, counts.exposed_member, counts.pair_member, cohort.litigated_report
-- Source: docs/signals.md, "Why a count changed"; measures as in counts.interval: n_drug of a litigation set is what
--   leaves, a is counted without the litigated reports. Groups and supergroups.
with exposed as (
    select
        member.comparator,
        member.drug,
        member.quarter_no,
        member.primaryid,
        member.caseid,
        cast(member.known_until is null or member.known_until > compared.now_no as integer)
        - cast(
            member.known_from <= compared.base_no
            and (member.known_until is null or member.known_until > compared.base_no) as integer
        ) as step
    from counts.exposed_member as member
    inner join signals.compared_quarter as compared
        on member.known_from <= compared.now_no
),

exposed_once as (
    select
        exposed.comparator,
        exposed.drug,
        exposed.quarter_no,
        exposed.primaryid,
        exposed.caseid,
        exposed.step
    from exposed
    where exposed.step <> 0
),

together as (
    select
        member.comparator,
        member.drug,
        member.event_level,
        member.event,
        member.caseid,
        cast(member.known_until is null or member.known_until > compared.now_no as integer)
        - cast(
            member.known_from <= compared.base_no
            and (member.known_until is null or member.known_until > compared.base_no) as integer
        ) as step
    from counts.pair_member as member
    inner join signals.compared_quarter as compared
        on member.known_from <= compared.now_no
    where member.event_level in ('group', 'supergroup')
),

version_step as (
    select
        'n_drug' as measure,
        exposed_once.comparator,
        exposed_once.drug,
        '' as event_level,
        '' as event,
        '' as litigation_set,
        exposed_once.caseid,
        exposed_once.step
    from exposed_once
    union all
    select
        'n_drug' as measure,
        exposed_once.comparator,
        exposed_once.drug,
        '' as event_level,
        '' as event,
        litigated.litigation_set,
        exposed_once.caseid,
        exposed_once.step
    from exposed_once
    inner join cohort.litigated_report as litigated
        on
            exposed_once.quarter_no = litigated.quarter_no
            and exposed_once.primaryid = litigated.primaryid
            and exposed_once.caseid = litigated.caseid
    union all
    select
        'a' as measure,
        together.comparator,
        together.drug,
        together.event_level,
        together.event,
        '' as litigation_set,
        together.caseid,
        together.step
    from together
    where together.step <> 0
)

select
    version_step.measure,
    version_step.comparator,
    version_step.drug,
    version_step.event_level,
    version_step.event,
    version_step.litigation_set,
    version_step.caseid,
    cast(sum(version_step.step) as integer) as step
from version_step
group by
    version_step.measure,
    version_step.comparator,
    version_step.drug,
    version_step.event_level,
    version_step.event,
    version_step.litigation_set,
    version_step.caseid
having sum(version_step.step) <> 0
