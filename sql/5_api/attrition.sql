-- Kind: view
-- Title: How many are left and how many went at each step
-- Grain: step_no
-- Reads: counts.attrition
-- Columns:
--   step_no: order
--   part: cases, population, exposure, outcome or both
--   step: what happened
--   kind: left, removed, no incident event or shown
--   unit: what is counted
--   n: how many
select
    attrition.step_no,
    attrition.part,
    attrition.step,
    attrition.kind,
    attrition.unit,
    attrition.n
from counts.attrition as attrition
