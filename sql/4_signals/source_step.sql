-- Kind: table
-- Title: Change of the reports behind a by where they come from; the running sum over quarters is what was known
-- Grain: (drug, event, trait, value, quarter_no); pairs that were ever on the board, comparator A
-- Reads: counts.pair_member, signals.board_pair, signals.report_source, cases.held_quarter
-- Source: docs/signals.md, "Eligible" and "Concentration": +1 at known_from, -1 at known_until. A trait that a report
--   does not state has no row. The value of country_quarter is the country and the quarter in which the case entered.
with member as (
    select
        pair_member.drug,
        pair_member.event,
        pair_member.known_from,
        pair_member.known_until,
        source.country,
        source.sender,
        source.literature,
        source.country || ' ' || entered.quarter as country_quarter,
        case when source.is_professional then 'professional' end as reporter
    from counts.pair_member as pair_member
    inner join signals.board_pair as board_pair
        on
            pair_member.drug = board_pair.drug
            and pair_member.event_level = board_pair.event_level
            and pair_member.event = board_pair.event
    inner join signals.report_source as source
        on
            pair_member.quarter_no = source.quarter_no
            and pair_member.primaryid = source.primaryid
            and pair_member.caseid = source.caseid
    inner join cases.held_quarter as entered
        on pair_member.entry_quarter_no = entered.quarter_no
    where pair_member.comparator = 'A'
),

change as (
    select
        member.drug,
        member.event,
        member.country,
        member.sender,
        member.literature,
        member.country_quarter,
        member.reporter,
        member.known_from as quarter_no,
        1 as step
    from member
    union all
    select
        member.drug,
        member.event,
        member.country,
        member.sender,
        member.literature,
        member.country_quarter,
        member.reporter,
        member.known_until as quarter_no,
        -1 as step
    from member
    where member.known_until is not null
),

stated as (
    select
        change.drug,
        change.event,
        change.quarter_no,
        change.step,
        'country' as trait,
        change.country as value
    from change
    union all
    select
        change.drug,
        change.event,
        change.quarter_no,
        change.step,
        'sender' as trait,
        change.sender as value
    from change
    union all
    select
        change.drug,
        change.event,
        change.quarter_no,
        change.step,
        'literature' as trait,
        change.literature as value
    from change
    union all
    select
        change.drug,
        change.event,
        change.quarter_no,
        change.step,
        'country_quarter' as trait,
        change.country_quarter as value
    from change
    union all
    select
        change.drug,
        change.event,
        change.quarter_no,
        change.step,
        'reporter' as trait,
        change.reporter as value
    from change
)

select
    drug,
    event,
    trait,
    value,
    quarter_no,
    cast(sum(step) as bigint) as step
from stated
where value is not null
group by drug, event, trait, value, quarter_no
having sum(step) <> 0
