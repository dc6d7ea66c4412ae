-- Kind: table
-- Title: Drugs of reports with a term of an event: role, treatment of cancer, indications, when started
-- Grain: (quarter_no, primaryid, drug_seq); dosage records of one drug are one row
-- Reads: cohort.event_reaction, staged.drug, staged.ther, cohort.indication, codelists.name_match
with event_report as (
    select distinct
        event_reaction.quarter_no,
        event_reaction.primaryid
    from cohort.event_reaction as event_reaction
),

antineoplastic as (
    select distinct name_match.text
    from codelists.name_match as name_match
    where
        name_match.list = 'antineoplastics'
        and name_match.why = 'match'
),

started as (
    select
        ther.quarter_no,
        ther.primaryid,
        ther.dsg_drug_seq as drug_seq,
        min(ther.start_date) as start_first_day,
        min(macros.last_day_of(ther.start_date, ther.start_date_precision)) as start_known_by
    from staged.ther as ther
    semi join event_report
        on
            ther.quarter_no = event_report.quarter_no
            and ther.primaryid = event_report.primaryid
    where ther.start_date is not null
    group by ther.quarter_no, ther.primaryid, ther.dsg_drug_seq
),

reason_given as (
    select
        indication.quarter_no,
        indication.primaryid,
        indication.drug_seq,
        bool_or(indication.is_ms) as has_ms,
        bool_or(indication.is_oncology) as has_oncology
    from cohort.indication as indication
    semi join event_report
        on
            indication.quarter_no = event_report.quarter_no
            and indication.primaryid = event_report.primaryid
    group by indication.quarter_no, indication.primaryid, indication.drug_seq
),

record as (
    select
        drug.quarter_no,
        drug.primaryid,
        drug.drug_seq,
        bool_or(coalesce(drug.role_cod = 'PS', false)) as is_primary_suspect,
        bool_or(coalesce(drug.role_cod in ('PS', 'SS'), false)) as is_suspect,
        bool_or(by_name.text is not null or by_substance.text is not null) as is_antineoplastic
    from staged.drug as drug
    semi join event_report
        on
            drug.quarter_no = event_report.quarter_no
            and drug.primaryid = event_report.primaryid
    left join antineoplastic as by_name
        on drug.drugname = by_name.text
    left join antineoplastic as by_substance
        on drug.prod_ai = by_substance.text
    group by drug.quarter_no, drug.primaryid, drug.drug_seq
)

select
    record.quarter_no,
    record.primaryid,
    record.drug_seq,
    record.is_primary_suspect,
    record.is_suspect,
    record.is_antineoplastic,
    started.start_first_day,
    started.start_known_by,
    coalesce(reason_given.has_ms, false) as has_ms_indication,
    coalesce(reason_given.has_oncology, false) as has_oncology_indication
from record
left join reason_given
    on
        record.quarter_no = reason_given.quarter_no
        and record.primaryid = reason_given.primaryid
        and record.drug_seq = reason_given.drug_seq
left join started
    on
        record.quarter_no = started.quarter_no
        and record.primaryid = started.primaryid
        and record.drug_seq = started.drug_seq
