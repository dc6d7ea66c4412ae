-- Kind: table
-- Title: Cells and margins of the pairs on the board by what the grid asks of reports
-- Grain: (measure, comparator, role_set, drug, event, event_use, litigation_set, trait_no)
-- Reads: signals.grid_count, signals.grid_reference, analysis.variant_comparator
-- Source: docs/variants.md. Measures as in counts.variant_margin: n and n_event of the population (drug is '' in A and
--   B, role_set too), n_drug and a of the drug. litigation_set as in counts.stratum_count.
with margin as (
    select
        comparator.comparator,
        counted.report_group = 'drug' as is_of_drug,
        counted.role_set,
        counted.drug,
        counted.event,
        counted.event_use,
        counted.litigation_set,
        counted.trait_no,
        counted.n_reports
    from signals.grid_count as counted
    inner join analysis.variant_comparator as comparator
        on comparator.comparator = 'A' or (comparator.comparator = 'B' and counted.is_ms)
    where
        comparator.variant = 'primary'
        and counted.report_group in ('all', 'drug')
    union all
    select
        'C' as comparator,
        false as is_of_drug,
        active.role_set,
        active.drug,
        active.event,
        active.event_use,
        active.litigation_set,
        active.trait_no,
        active.n_reports
    from signals.grid_reference as active
    union all
    select
        'C' as comparator,
        true as is_of_drug,
        active.role_set,
        active.drug,
        active.event,
        active.event_use,
        active.litigation_set,
        active.trait_no,
        active.n_reports
    from signals.grid_reference as active
    where active.report_group = 'drug'
)

select
    comparator,
    role_set,
    drug,
    event,
    event_use,
    litigation_set,
    trait_no,
    cast(sum(n_reports) as bigint) as n_reports,
    case
        when is_of_drug and event = '' then 'n_drug'
        when is_of_drug then 'a'
        when event = '' then 'n'
        else 'n_event'
    end as measure
from margin
group by comparator, role_set, drug, event, event_use, litigation_set, trait_no, is_of_drug
having sum(n_reports) <> 0
