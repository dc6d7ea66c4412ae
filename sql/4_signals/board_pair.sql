-- Kind: table
-- Title: Pairs that were on the board of any quarter: flagged in some comparator
-- Grain: (drug, event)
-- Reads: signals.screened
select
    screened.drug_level,
    screened.drug,
    screened.event_level,
    screened.event
from signals.screened as screened
group by
    screened.drug_level,
    screened.drug,
    screened.event_level,
    screened.event
having bool_or(screened.is_screened)
