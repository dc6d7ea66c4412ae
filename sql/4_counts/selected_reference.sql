-- Kind: table
-- Title: Reports of each reference set, and of a drug and a reference set, in each selection of a variant
-- Grain: (selection, report_group, drug, reference_set, event_level, event, litigation_set, n_starts)
-- Reads: counts.selected_count, cohort.pattern_reference
-- Source: docs/variants.md; patterns do not overlap, so their counts add up
select
    selected.selection,
    selected.report_group,
    selected.drug,
    pattern_reference.reference_set,
    selected.event_level,
    selected.event,
    selected.litigation_set,
    selected.n_starts,
    cast(sum(selected.n_reports) as bigint) as n_reports
from counts.selected_count as selected
inner join cohort.pattern_reference as pattern_reference
    on selected.pattern = pattern_reference.pattern
group by
    selected.selection,
    selected.report_group,
    selected.drug,
    pattern_reference.reference_set,
    selected.event_level,
    selected.event,
    selected.litigation_set,
    selected.n_starts
