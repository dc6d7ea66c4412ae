-- Severity: block
-- Title: the case listing of a pair has another number of cases than a; a number cannot be traced
with listed as (
    select
        member.comparator,
        member.drug,
        member.event,
        count(distinct member.caseid) as n_cases
    from counts.review_member as member
    group by member.comparator, member.drug, member.event
),

latest as (
    select max(held_quarter.quarter_no) as quarter_no
    from cases.held_quarter as held_quarter
)

select
    cell.comparator,
    cell.drug,
    cell.event,
    cell.a,
    coalesce(listed.n_cases, 0) as n_listed
from counts.cell as cell
inner join latest
    on cell.quarter_no = latest.quarter_no
left join listed
    on
        cell.comparator = listed.comparator
        and cell.drug = listed.drug
        and cell.event = listed.event
where
    cell.variant = 'primary'
    and cell.a <> coalesce(listed.n_cases, 0)
