-- Kind: table
-- Title: Reported terms that no list holds and that look like a neoplasm; a rule decided, a person should
-- Grain: term
-- Reads: codelists.term, staged.reac, cases.held_quarter, cases.version, cohort.therapy_record
-- Source: new terms come with each version of the dictionary that the FDA codes with
with new_term as (
    select
        term.term,
        term.event_class,
        term.not_event_reason,
        term.group_id,
        term.behaviour,
        term.is_secondary,
        term.is_incident,
        term.rule
    from codelists.term as term
    where
        not term.listed
        and (term.has_neoplasm_word or term.event_class = 'neoplasm')
),

reported as (
    select distinct
        reac.pt_term as term,
        reac.quarter_no,
        reac.primaryid
    from staged.reac as reac
    semi join new_term
        on reac.pt_term = new_term.term
    semi join cases.held_quarter as held_quarter
        on reac.quarter_no = held_quarter.quarter_no
),

first_seen as (
    select
        reported.term,
        min(reported.quarter_no) as first_quarter_no
    from reported
    group by reported.term
),

with_ms_therapy as (
    select distinct
        record.quarter_no,
        record.primaryid
    from cohort.therapy_record as record
    where record.is_admitted
),

current_report as (
    select
        reported.term,
        version.caseid,
        with_ms_therapy.primaryid is not null as names_ms_therapy
    from reported
    inner join cases.version as version
        on
            reported.quarter_no = version.quarter_no
            and reported.primaryid = version.primaryid
    left join with_ms_therapy
        on
            reported.quarter_no = with_ms_therapy.quarter_no
            and reported.primaryid = with_ms_therapy.primaryid
    where version.known_until is null
),

counted as (
    select
        current_report.term,
        count(distinct current_report.caseid) as n_reports,
        count(distinct case when current_report.names_ms_therapy then current_report.caseid end) as n_with_ms_therapy
    from current_report
    group by current_report.term
)

select
    new_term.term,
    new_term.event_class,
    new_term.not_event_reason,
    new_term.group_id,
    new_term.behaviour,
    new_term.is_secondary,
    new_term.is_incident,
    new_term.rule,
    held_quarter.quarter as first_quarter,
    coalesce(counted.n_reports, 0) as n_reports,
    coalesce(counted.n_with_ms_therapy, 0) as n_with_ms_therapy
from new_term
inner join first_seen
    on new_term.term = first_seen.term
inner join cases.held_quarter as held_quarter
    on first_seen.first_quarter_no = held_quarter.quarter_no
left join counted
    on new_term.term = counted.term
