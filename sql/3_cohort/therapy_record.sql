-- Kind: table
-- Title: Drug records that name a therapy of the list, with the product rule's verdict
-- Grain: (quarter_no, line, therapy): a DRUG row and a therapy
-- Reads: staged.drug, cases.version, cohort.drug_name, cohort.indication, cohort.ms_indication,
--   codelists.name_match, codelists.route_match, codelists.therapy
-- Source: docs/cohort.md, "Product rule": oncology brands of the same substance are removed first
with name_flag as (
    select
        name_match.entry as therapy,
        name_match.text,
        bool_or(name_match.why = 'match') as is_match,
        bool_or(name_match.why = 'exclude_other') as is_other_substance,
        bool_or(name_match.why in ('exclude_brand', 'other_brand')) as is_non_ms_brand,
        bool_or(name_match.why = 'exclude_form') as is_non_ms_form,
        bool_or(name_match.why = 'disease_brand') as is_ms_brand,
        bool_or(name_match.why = 'conditional_brand') as is_conditional_brand
    from codelists.name_match as name_match
    where name_match.list = 'therapies'
    group by name_match.entry, name_match.text
),

-- Names are looked at once per pair of name and ingredient, records once.
flagged_pair as (
    select
        drug_name.drugname,
        drug_name.prod_ai,
        by_name.*
    from cohort.drug_name as drug_name
    inner join name_flag as by_name
        on drug_name.drugname = by_name.text
    union all
    select
        drug_name.drugname,
        drug_name.prod_ai,
        by_substance.*
    from cohort.drug_name as drug_name
    inner join name_flag as by_substance
        on drug_name.prod_ai = by_substance.text
),

named_pair as (
    select
        drugname,
        prod_ai,
        therapy,
        bool_or(is_non_ms_brand) as is_non_ms_brand,
        bool_or(is_non_ms_form) as is_non_ms_form,
        bool_or(is_ms_brand) as is_ms_brand,
        bool_or(is_conditional_brand) as is_conditional_brand
    from flagged_pair
    group by drugname, prod_ai, therapy
    having
        bool_or(is_match)
        and not bool_or(is_other_substance)
),

named as (
    select
        drug.quarter_no,
        drug.primaryid,
        drug.drug_seq,
        drug.line,
        drug.role_cod,
        drug.drugname,
        drug.prod_ai,
        drug.route,
        pair.therapy,
        pair.is_non_ms_brand,
        pair.is_non_ms_form,
        pair.is_ms_brand,
        pair.is_conditional_brand
    from staged.drug as drug
    inner join named_pair as pair
        on
            drug.drugname is not distinct from pair.drugname
            and drug.prod_ai is not distinct from pair.prod_ai
    semi join cases.version as version
        on
            drug.quarter_no = version.quarter_no
            and drug.primaryid = version.primaryid
            and (version.known_until is null or version.known_until > version.known_from)
),

route_flag as (
    select
        route_match.entry as therapy,
        route_match.text,
        bool_or(route_match.why = 'disease_route') as is_ms_route,
        bool_or(route_match.why = 'other_route') as is_non_ms_route
    from codelists.route_match as route_match
    group by route_match.entry, route_match.text
),

reason_given as (
    select
        indication.quarter_no,
        indication.primaryid,
        indication.drug_seq,
        bool_or(indication.is_ms) as has_ms,
        bool_or(indication.is_non_ms) as has_non_ms,
        bool_or(indication.is_oncology) as has_oncology,
        bool_or(indication.is_other_disease) as has_other_disease
    from cohort.indication as indication
    where
        exists (
            select 1
            from named
            where
                named.quarter_no = indication.quarter_no
                and named.primaryid = indication.primaryid
        )
    group by indication.quarter_no, indication.primaryid, indication.drug_seq
),

described as (
    select
        named.*,
        therapy.product_rule,
        coalesce(route_flag.is_ms_route, false) as is_ms_route,
        coalesce(route_flag.is_non_ms_route, false) as is_non_ms_route,
        coalesce(reason_given.has_ms, false) as has_ms,
        coalesce(reason_given.has_non_ms, false) as has_non_ms,
        coalesce(reason_given.has_oncology, false) as has_oncology,
        coalesce(reason_given.has_other_disease, false) as has_other_disease,
        ms_indication.primaryid is not null as has_ms_in_report
    from named
    inner join codelists.therapy as therapy
        on named.therapy = therapy.ingredient
    left join route_flag
        on
            named.therapy = route_flag.therapy
            and named.route = route_flag.text
    left join reason_given
        on
            named.quarter_no = reason_given.quarter_no
            and named.primaryid = reason_given.primaryid
            and named.drug_seq = reason_given.drug_seq
    left join cohort.ms_indication as ms_indication
        on
            named.quarter_no = ms_indication.quarter_no
            and named.primaryid = ms_indication.primaryid
),

judged as (
    select
        described.*,
        case
            when described.product_rule = 'any_product' then 'any_product'
            when described.is_non_ms_brand then 'other_brand'
            when described.is_non_ms_form then 'other_form'
            when described.is_non_ms_route then 'other_route'
            when described.has_oncology then 'oncology_indication'
            when described.is_ms_brand then 'disease_brand'
            when described.is_ms_route and not described.has_non_ms then 'disease_route'
            when described.is_conditional_brand and not described.has_non_ms then 'conditional_brand'
            when described.has_ms then 'record_indication'
            when described.has_ms_in_report and not described.has_other_disease then 'case_indication'
            when described.has_non_ms then 'other_indication'
            else 'product_unspecified'
        end as product_status
    from described
)

select
    quarter_no,
    primaryid,
    drug_seq,
    line,
    role_cod,
    drugname,
    prod_ai,
    route,
    therapy,
    product_status,
    product_status in (
        'any_product', 'disease_brand', 'disease_route', 'conditional_brand', 'record_indication', 'case_indication'
    ) as is_admitted,
    is_ms_brand and not is_non_ms_brand as names_ms_brand
from judged
