-- Kind: table
-- Title: Cases that entered in the last eight quarters, of pairs of the board, and how many follow a date of notoriety
-- Grain: (drug, event, date_no, quarter_no)
-- Reads: signals.screened, counts.pair_member, cases.received, codelists.notoriety_drug, codelists.notoriety_date
-- Source: docs/signals.md, "Notoriety"; comparator A. date_no 0: all cases; else those received within twelve months
--   after the last day that the date can mean. Running sums of step are the cases as of a quarter: +1 from the
--   quarter in which the case counts, -1 where it ends or its case is eight quarters old.
with on_board as (
    select distinct
        screened.drug,
        screened.event
    from signals.screened as screened
    where screened.is_screened
),

stay as (
    select
        member.drug,
        member.event,
        received.received_date,
        member.known_from as first_no,
        least(coalesce(member.known_until, 32767), member.entry_quarter_no + 8) as end_no
    from counts.pair_member as member
    inner join cases.received as received
        on member.caseid = received.caseid
    semi join on_board
        on
            member.drug = on_board.drug
            and member.event = on_board.event
    where
        member.comparator = 'A'
        and member.event_level in ('group', 'supergroup')
),

counted as (
    select
        stay.drug,
        stay.event,
        0 as date_no,
        stay.first_no,
        stay.end_no
    from stay
    union all
    select
        stay.drug,
        stay.event,
        notoriety.date_no,
        greatest(stay.first_no, notoriety.last_no) as first_no,
        stay.end_no
    from stay
    inner join codelists.notoriety_drug as concerned
        on stay.drug = concerned.drug
    inner join codelists.notoriety_date as notoriety
        on
            concerned.date_no = notoriety.date_no
            and stay.received_date > notoriety.last_day
            and stay.received_date <= notoriety.window_last_day
),

change as (
    select
        counted.drug,
        counted.event,
        counted.date_no,
        counted.first_no as quarter_no,
        1 as step
    from counted
    where counted.first_no < counted.end_no
    union all
    select
        counted.drug,
        counted.event,
        counted.date_no,
        counted.end_no as quarter_no,
        -1 as step
    from counted
    where counted.first_no < counted.end_no
)

select
    drug,
    event,
    date_no,
    cast(quarter_no as smallint) as quarter_no,
    cast(sum(step) as integer) as step
from change
group by drug, event, date_no, quarter_no
