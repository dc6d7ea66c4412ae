-- Kind: table
-- Title: Reports of a class that name one of its members only
-- Grain: (drug, quarter_no, primaryid); drug is a class
-- Reads: cohort.exposure, codelists.drug_member
-- Source: docs/signals.md, "Classes"; members are the scored ones, in the roles of the primary variant
select
    drug_member.drug,
    exposure.quarter_no,
    exposure.primaryid,
    min(exposure.drug) as member
from cohort.exposure as exposure
inner join codelists.drug_member as drug_member
    on exposure.drug = drug_member.therapy
where
    exposure.drug_level = 'substance'
    and drug_member.drug_level = 'class'
group by drug_member.drug, exposure.quarter_no, exposure.primaryid
having count(*) = 1
