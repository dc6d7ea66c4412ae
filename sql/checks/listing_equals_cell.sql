-- Severity: block
-- Title: the case listing of a pair has another number of lines than a; a number cannot be traced
with listed as (
    select
        pair_case.drug,
        pair_case.event,
        count(*) as n_in_a,
        count(*) filter (where pair_case.in_b) as n_in_b,
        count(*) filter (where pair_case.in_c) as n_in_c
    from counts.pair_case as pair_case
    inner join counts.listed_case as listed_case
        on pair_case.caseid = listed_case.caseid
    group by pair_case.drug, pair_case.event
),

latest as (
    select max(held_quarter.quarter_no) as quarter_no
    from cases.held_quarter as held_quarter
),

compared as (
    select
        cell.comparator,
        cell.drug,
        cell.event,
        cell.a,
        coalesce(
            case cell.comparator when 'A' then listed.n_in_a when 'B' then listed.n_in_b else listed.n_in_c end, 0
        ) as n_listed
    from counts.cell as cell
    inner join latest
        on cell.quarter_no = latest.quarter_no
    left join listed
        on
            cell.drug = listed.drug
            and cell.event = listed.event
    where cell.variant = 'primary'
)

select
    compared.comparator,
    compared.drug,
    compared.event,
    compared.a,
    compared.n_listed
from compared
where compared.a <> compared.n_listed
