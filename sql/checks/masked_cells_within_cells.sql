-- Severity: block
-- Title: a cell without the top contributor is negative or larger than the cell; the masking counts are wrong
with cell as (
    select
        pair.drug,
        pair.event_level,
        pair.event,
        pair.a,
        masked.a_without,
        pair.n_drug - pair.a as b,
        pair.n_event - pair.a as c,
        pair.n - pair.n_drug - pair.n_event + pair.a as d,
        masked.n_drug_without - masked.a_without as b_without,
        masked.n_event_without - masked.a_without as c_without,
        masked.n_without - masked.n_drug_without - masked.n_event_without + masked.a_without as d_without
    from counts.pair_contributor as pair
    inner join counts.masked_pair as masked
        on
            pair.drug = masked.drug
            and pair.event_level = masked.event_level
            and pair.event = masked.event
)

select
    cell.drug,
    cell.event_level,
    cell.event,
    cell.a,
    cell.a_without,
    cell.b,
    cell.b_without,
    cell.c,
    cell.c_without,
    cell.d,
    cell.d_without
from cell
where
    cell.a_without not between 0 and cell.a
    or cell.b_without not between 0 and cell.b
    or cell.c_without not between 0 and cell.c
    or cell.d_without not between 0 and cell.d
