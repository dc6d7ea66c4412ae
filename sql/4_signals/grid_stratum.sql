-- Kind: table
-- Title: What the grid asks of each stratum of reports; trait_no counts the combinations
-- Grain: stratum_no
-- Reads: cohort.stratum
-- Source: docs/signals.md, "The grid"
select
    stratum.stratum_no,
    stratum.is_ms,
    stratum.n_starts,
    stratum.received_year,
    stratum.sex,
    stratum.age_band,
    stratum.is_suspected_duplicate,
    stratum.reporter,
    dense_rank() over (
        order by
            stratum.received_year asc,
            stratum.sex asc,
            stratum.age_band asc,
            stratum.is_suspected_duplicate asc,
            stratum.reporter asc
    ) as trait_no
from cohort.stratum as stratum
