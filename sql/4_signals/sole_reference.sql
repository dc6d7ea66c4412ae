-- Kind: table
-- Title: Reports of the reference side of comparator C that name one reference therapy only, of drugs that need C
-- Grain: (drug, quarter_no, primaryid, caseid)
-- Reads: signals.screened, cohort.comparator_c, cohort.reference_exposure, codelists.reference_member
-- Source: docs/signals.md, "Hinges"; a report with the drug belongs to the drug. C is needed where A and C give their
--   part of a crossing and B does not.
with wanted as (
    select distinct screened.drug
    from signals.screened as screened
    where
        screened.is_screened
        and screened.by_a
        and screened.by_c
        and not coalesce(screened.by_b, false)
)

select
    compared.drug,
    compared.quarter_no,
    compared.primaryid,
    compared.caseid,
    min(exposure.therapy) as therapy
from cohort.comparator_c as compared
inner join wanted
    on compared.drug = wanted.drug
inner join cohort.reference_exposure as exposure
    on
        compared.quarter_no = exposure.quarter_no
        and compared.primaryid = exposure.primaryid
inner join codelists.reference_member as member
    on
        compared.drug = member.drug
        and exposure.therapy = member.therapy
where not compared.is_exposed
group by compared.drug, compared.quarter_no, compared.primaryid, compared.caseid
having count(*) = 1
