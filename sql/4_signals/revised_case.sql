-- Kind: table
-- Title: Cases of a pair that the previous run and this one judge differently as of the previous run's quarter
-- Grain: (drug, event, caseid); comparator A, step is 1 gained, -1 lost
-- Reads: signals.before_case, signals.compared_quarter, signals.revision, signals.changed_archive,
--   counts.pair_member, cases.version, cases.counted
-- Source: docs/signals.md, "Why a count changed". Where archives and words differ, a case is told apart only where
--   one of them is enough or is out of the question; else the row is mixed.
with base as (
    select
        member.drug,
        member.event,
        member.caseid
    from counts.pair_member as member
    inner join signals.compared_quarter as compared
        on member.known_from <= compared.base_no
    where
        member.comparator = 'A'
        and member.event_level in ('group', 'supergroup')
        and (member.known_until is null or member.known_until > compared.base_no)
),

revised as (
    select
        base.drug,
        base.event,
        base.caseid,
        1 as step,
        null as before_quarter_no,
        null as before_primaryid
    from base
    anti join signals.before_case as before_case
        on
            base.drug = before_case.drug
            and base.event = before_case.event
            and base.caseid = before_case.caseid
    union all
    select
        before_case.drug,
        before_case.event,
        before_case.caseid,
        -1 as step,
        before_case.quarter_no as before_quarter_no,
        before_case.primaryid as before_primaryid
    from signals.before_case as before_case
    anti join base
        on
            before_case.drug = base.drug
            and before_case.event = base.event
            and before_case.caseid = base.caseid
),

revised_caseid as (
    select distinct revised.caseid
    from revised
),

current_version as (
    select
        version.quarter_no,
        version.primaryid,
        version.caseid
    from cases.version as version
    inner join revised_caseid
        on version.caseid = revised_caseid.caseid
    cross join signals.compared_quarter as compared
    where
        version.known_from <= compared.base_no
        and (version.known_until is null or version.known_until > compared.base_no)
        and (version.known_until is null or version.known_until > version.known_from)
),

counting as (
    select distinct counted.caseid
    from cases.counted as counted
    inner join revised_caseid
        on counted.caseid = revised_caseid.caseid
    cross join signals.compared_quarter as compared
    where
        counted.known_from <= compared.base_no
        and (counted.known_until is null or counted.known_until > compared.base_no)
),

told as (
    select
        revised.drug,
        revised.event,
        revised.caseid,
        revised.step,
        revised.step = -1 and current_version.caseid is null as is_withdrawn,
        revised.step = -1
        and coalesce(current_version.quarter_no = revised.before_quarter_no, false)
        and coalesce(current_version.primaryid = revised.before_primaryid, false)
        and changed_archive.quarter_no is null
        and counting.caseid is not null as is_same_evidence
    from revised
    left join current_version
        on revised.caseid = current_version.caseid
    left join counting
        on revised.caseid = counting.caseid
    left join signals.changed_archive as changed_archive
        on revised.before_quarter_no = changed_archive.quarter_no
)

select
    told.drug,
    told.event,
    told.caseid,
    told.step,
    case
        when revision.has_archives and told.is_withdrawn then 'archives'
        else revision.reason
    end as reason,
    revision.n_reasons > 1
    and not (revision.has_archives and told.is_withdrawn)
    and not (revision.has_archives and revision.n_reasons = 2 and told.is_same_evidence) as is_mixed
from told
cross join signals.revision as revision
