-- Kind: table
-- Title: Of each pair on the board every trait and value of its cases, beside the drug's reports with the same value
-- Grain: (drug, event, trait, value)
-- Reads: signals.grid_pair, signals.stimulated_count
-- Source: docs/signals.md, "Stimulated reporting". place: 1 is the value that most cases have, of equals the first in
--   the alphabet; n_values counts the values that the drug's reports have of the trait.
with of_drug as (
    select
        counted.drug,
        counted.trait,
        counted.value,
        counted.n_a,
        counted.n_b,
        counted.n_c,
        count(*) over (partition by counted.drug, counted.trait) as n_values
    from signals.stimulated_count as counted
    where
        counted.event = ''
        and counted.litigation_set = ''
)

select
    pair.drug,
    pair.event,
    cases.trait,
    cases.value,
    of_drug.n_values,
    cases.n_a as a_a,
    cases.n_b as a_b,
    cases.n_c as a_c,
    of_drug.n_a - coalesce(litigated.n_a, 0) as n_drug_a,
    of_drug.n_b - coalesce(litigated.n_b, 0) as n_drug_b,
    of_drug.n_c - coalesce(litigated.n_c, 0) as n_drug_c,
    row_number() over (
        partition by pair.drug, pair.event, cases.trait
        order by cases.n_a desc, cases.value asc
    ) as place
from signals.grid_pair as pair
inner join signals.stimulated_count as cases
    on
        pair.drug = cases.drug
        and pair.event = cases.event
inner join of_drug
    on
        cases.drug = of_drug.drug
        and cases.trait = of_drug.trait
        and cases.value = of_drug.value
left join signals.stimulated_count as litigated
    on
        pair.drug = litigated.drug
        and pair.litigation_set = litigated.litigation_set
        and litigated.litigation_set <> ''
        and cases.trait = litigated.trait
        and cases.value = litigated.value
