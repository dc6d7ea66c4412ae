-- Kind: table
-- Title: Days from the first start of a drug to the event, of each version behind a pair, as the span that dates allow
-- Grain: (drug, event_level, event, quarter_no, primaryid, caseid, known_from); comparator A, every time that counts
-- Reads: counts.pair_member, counts.therapy_start, cohort.report_statement
-- Source: docs/statistics.md, "Time to onset". low_days: from the last day that the start can mean to the first that
--   the event can mean; high_days the other way round; equal where both dates are exact, NULL where one is missing.
--   A span below 0 is kept: the event came before the start.
select
    member.drug_level,
    member.drug,
    member.event_level,
    member.event,
    member.quarter_no,
    member.primaryid,
    member.caseid,
    member.known_from,
    member.known_until,
    statement.event_date - started.start_known_by as low_days,
    macros.last_day_of(statement.event_date, statement.event_date_precision) - started.start_first_day as high_days
from counts.pair_member as member
inner join cohort.report_statement as statement
    on
        member.quarter_no = statement.quarter_no
        and member.primaryid = statement.primaryid
        and member.caseid = statement.caseid
left join counts.therapy_start as started
    on
        member.drug = started.drug
        and member.quarter_no = started.quarter_no
        and member.primaryid = started.primaryid
where member.comparator = 'A'
