-- Kind: table
-- Title: The covariates of each stratum by which statistics are adjusted; covariate_no counts their combinations
-- Grain: stratum_no
-- Reads: cohort.stratum
-- Source: docs/statistics.md, "Adjusted statistics"
select
    stratum.stratum_no,
    stratum.received_year,
    stratum.reporter,
    stratum.sex,
    stratum.age_band,
    stratum.region,
    dense_rank() over (
        order by
            stratum.received_year asc,
            stratum.reporter asc,
            stratum.sex asc,
            stratum.age_band asc,
            stratum.region asc
    ) as covariate_no
from cohort.stratum as stratum
