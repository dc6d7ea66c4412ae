-- Kind: table
-- Title: When the first start of a drug can lie in the versions behind a: first and last day of that period
-- Grain: (drug, quarter_no, primaryid); no row where no start is stated
-- Reads: counts.pair_member, cohort.therapy_record, codelists.drug_member, staged.ther
-- Source: docs/statistics.md, "Time to onset". Comparator A, every version that counts at any time. Records that the
--   product rule admits, in any role but DN (not administered): an earlier course that is reported as concomitant is a
--   start too. A class starts with the first of its members.
with wanted as (
    select distinct
        member.drug,
        member.quarter_no,
        member.primaryid
    from counts.pair_member as member
    where member.comparator = 'A'
),

taken as (
    select distinct
        wanted.drug,
        record.quarter_no,
        record.primaryid,
        record.drug_seq
    from cohort.therapy_record as record
    inner join codelists.drug_member as drug_member
        on record.therapy = drug_member.therapy
    inner join wanted
        on
            drug_member.drug = wanted.drug
            and record.quarter_no = wanted.quarter_no
            and record.primaryid = wanted.primaryid
    where
        record.is_admitted
        and record.role_cod in ('PS', 'SS', 'C', 'I')
)

select
    taken.drug,
    taken.quarter_no,
    taken.primaryid,
    min(ther.start_date) as start_first_day,
    min(macros.last_day_of(ther.start_date, ther.start_date_precision)) as start_known_by
from taken
inner join staged.ther as ther
    on
        taken.quarter_no = ther.quarter_no
        and taken.primaryid = ther.primaryid
        and taken.drug_seq = ther.dsg_drug_seq
where ther.start_date is not null
group by taken.drug, taken.quarter_no, taken.primaryid
