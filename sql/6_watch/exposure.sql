-- Kind: table
-- Title: Cases that name a scored therapy as suspect: by name alone, without product rule
-- Grain: (caseid, drug)
-- Reads: watch.received_case, analysis.suspect_role, staged.drug, codelists.name_match, codelists.drug_member
-- Source: docs/openfda.md, "The crude definition"
with name_flag as (
    select
        name_match.entry as therapy,
        name_match.text,
        bool_or(name_match.why = 'match') as is_match,
        bool_or(name_match.why = 'exclude_other') as is_other_substance
    from codelists.name_match as name_match
    where name_match.list = 'therapies'
    group by name_match.entry, name_match.text
),

suspect as (
    select
        received_case.caseid,
        received_case.window_no,
        drug.drugname,
        drug.prod_ai
    from watch.received_case as received_case
    inner join staged.drug as drug
        on
            received_case.quarter_no = drug.quarter_no
            and received_case.primaryid = drug.primaryid
    inner join analysis.suspect_role as suspect_role
        on drug.role_cod = suspect_role.role_cod
),

named as (
    select
        suspect.caseid,
        suspect.window_no,
        suspect.drugname,
        suspect.prod_ai,
        name_flag.therapy
    from suspect
    inner join name_flag
        on suspect.drugname = name_flag.text
    where name_flag.is_match
    union distinct
    select
        suspect.caseid,
        suspect.window_no,
        suspect.drugname,
        suspect.prod_ai,
        name_flag.therapy
    from suspect
    inner join name_flag
        on suspect.prod_ai = name_flag.text
    where name_flag.is_match
)

select distinct
    named.caseid,
    named.window_no,
    drug_member.drug
from named
inner join codelists.drug_member as drug_member
    on
        named.therapy = drug_member.therapy
        and drug_member.drug_level = 'substance'
left join name_flag as by_name
    on
        named.therapy = by_name.therapy
        and named.drugname = by_name.text
left join name_flag as by_substance
    on
        named.therapy = by_substance.therapy
        and named.prod_ai = by_substance.text
where
    not coalesce(by_name.is_other_substance, false)
    and not coalesce(by_substance.is_other_substance, false)
