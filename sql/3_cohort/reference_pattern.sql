-- Kind: table
-- Title: Which reference therapies each report names together, by each set of roles that a variant admits
-- Grain: (role_set, quarter_no, primaryid, caseid)
-- Reads: cohort.role_exposure, analysis.reference_set
-- Source: docs/variants.md; a report is in the reference of a drug where its pattern shares a therapy with it, so
--   counts by pattern serve every reference
with compared as (
    select distinct reference_set.therapy
    from analysis.reference_set as reference_set
)

select
    exposure.role_set,
    exposure.quarter_no,
    exposure.primaryid,
    exposure.caseid,
    exposure.stratum_no,
    string_agg(exposure.therapy, '|' order by exposure.therapy asc) as pattern
from cohort.role_exposure as exposure
inner join compared
    on exposure.therapy = compared.therapy
group by exposure.role_set, exposure.quarter_no, exposure.primaryid, exposure.caseid, exposure.stratum_no
