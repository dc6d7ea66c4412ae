-- Kind: table
-- Title: Drug records of the review set with the product rule's verdict
-- Grain: (caseid, line, therapy); therapy is NULL for drugs that are not in the list of therapies
-- Reads: counts.review_report, staged.drug, staged.ther, cohort.therapy_record, codelists.name_match
with started as (
    select
        ther.quarter_no,
        ther.primaryid,
        ther.dsg_drug_seq as drug_seq,
        min(ther.start_date) as start_date,
        min_by(ther.start_date_precision, ther.start_date) as start_date_precision,
        max(ther.end_date) as end_date,
        max_by(ther.end_date_precision, ther.end_date) as end_date_precision
    from staged.ther as ther
    semi join counts.review_report as review
        on
            ther.quarter_no = review.quarter_no
            and ther.primaryid = review.primaryid
    group by ther.quarter_no, ther.primaryid, ther.dsg_drug_seq
),

matched as (
    select
        name_match.text,
        name_match.entry as therapy,
        min(name_match.pattern) as pattern
    from codelists.name_match as name_match
    where
        name_match.list = 'therapies'
        and name_match.why = 'match'
    group by name_match.text, name_match.entry
),

-- The few records of the review set first: else all are held against the tables that describe them.
record as materialized (
    select
        review.caseid,
        drug.primaryid,
        drug.quarter_no,
        drug.line,
        drug.drug_seq,
        drug.role_cod,
        drug.drugname,
        drug.prod_ai,
        drug.route,
        drug.dose_vbm,
        drug.dechal,
        drug.rechal
    from staged.drug as drug
    inner join counts.review_report as review
        on
            drug.quarter_no = review.quarter_no
            and drug.primaryid = review.primaryid
)

select
    drug.caseid,
    drug.primaryid,
    drug.quarter_no,
    drug.line,
    drug.drug_seq,
    drug.role_cod as role,
    drug.drugname,
    drug.prod_ai,
    drug.route,
    drug.dose_vbm as dose,
    started.start_date,
    started.start_date_precision,
    started.end_date,
    started.end_date_precision,
    drug.dechal,
    drug.rechal,
    named.therapy,
    named.product_status,
    named.is_admitted,
    case when by_name.text is not null then 'drugname' when by_substance.text is not null then 'prod_ai' end
        as matched_on,
    coalesce(by_name.pattern, by_substance.pattern) as matched_pattern
from record as drug
left join started
    on
        drug.quarter_no = started.quarter_no
        and drug.primaryid = started.primaryid
        and drug.drug_seq = started.drug_seq
left join cohort.therapy_record as named
    on
        drug.quarter_no = named.quarter_no
        and drug.line = named.line
        and drug.primaryid = named.primaryid
        and drug.drug_seq is not distinct from named.drug_seq
left join matched as by_name
    on
        named.drugname = by_name.text
        and named.therapy = by_name.therapy
left join matched as by_substance
    on
        named.prod_ai = by_substance.text
        and named.therapy = by_substance.therapy
