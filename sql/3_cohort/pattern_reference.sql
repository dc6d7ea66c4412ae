-- Kind: table
-- Title: Which reference sets a pattern of therapies belongs to: those with which it shares one
-- Grain: (pattern, reference_set)
-- Reads: cohort.reference_pattern, analysis.reference_set
with pattern as (
    select distinct reference_pattern.pattern
    from cohort.reference_pattern as reference_pattern
),

member as (
    select
        pattern.pattern,
        unnest(string_split(pattern.pattern, '|')) as therapy
    from pattern
)

select distinct
    member.pattern,
    reference_set.reference_set
from member
inner join analysis.reference_set as reference_set
    on member.therapy = reference_set.therapy
