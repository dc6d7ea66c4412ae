-- Kind: table
-- Title: Change of the reports of a drug by who sent them; the running sum over quarters is what was known
-- Grain: (drug, sender, quarter_no); comparator A
-- Reads: counts.exposed_member, signals.report_source
-- Source: docs/signals.md, "Concentration": whether a sender holds more of a pair than of the drug's other reports.
--   Reports that state no sender are those of ''.
with member as (
    select
        exposed.drug,
        exposed.known_from,
        exposed.known_until,
        coalesce(source.sender, '') as sender
    from counts.exposed_member as exposed
    inner join signals.report_source as source
        on
            exposed.quarter_no = source.quarter_no
            and exposed.primaryid = source.primaryid
            and exposed.caseid = source.caseid
    where exposed.comparator = 'A'
),

change as (
    select
        member.drug,
        member.sender,
        member.known_from as quarter_no,
        1 as step
    from member
    union all
    select
        member.drug,
        member.sender,
        member.known_until as quarter_no,
        -1 as step
    from member
    where member.known_until is not null
)

select
    drug,
    sender,
    quarter_no,
    cast(sum(step) as bigint) as step
from change
group by drug, sender, quarter_no
having sum(step) <> 0
