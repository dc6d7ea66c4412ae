-- Kind: table
-- Title: The stratum of each report
-- Grain: (quarter_no, primaryid, caseid)
-- Reads: cohort.report_trait, cohort.stratum
select
    trait.quarter_no,
    trait.primaryid,
    trait.caseid,
    stratum.stratum_no
from cohort.report_trait as trait
inner join cohort.stratum as stratum
    on
        trait.is_ms = stratum.is_ms
        and trait.received_year = stratum.received_year
        and trait.n_starts = stratum.n_starts
        and trait.is_suspected_duplicate = stratum.is_suspected_duplicate
        and trait.reporter = stratum.reporter
        and trait.sex = stratum.sex
        and trait.age_band = stratum.age_band
        and trait.region = stratum.region
        and trait.seriousness = stratum.seriousness
        and trait.therapies = stratum.therapies
