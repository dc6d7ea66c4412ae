-- Kind: table
-- Title: Population of comparator A before litigation: versions once current, with a drug and a reaction
-- Grain: (quarter_no, primaryid, caseid)
-- Reads: cases.version, cases.received, staged.drug, staged.reac, cohort.ms_report
select
    version.quarter_no,
    version.primaryid,
    version.caseid,
    version.known_from,
    version.known_until,
    received.received_date,
    received.received_year,
    ms_report.primaryid is not null as is_ms
from cases.version as version
inner join cases.received as received
    on version.caseid = received.caseid
left join cohort.ms_report as ms_report
    on
        version.quarter_no = ms_report.quarter_no
        and version.primaryid = ms_report.primaryid
where
    (version.known_until is null or version.known_until > version.known_from)
    and exists (
        select 1
        from staged.drug as drug
        where
            drug.quarter_no = version.quarter_no
            and drug.primaryid = version.primaryid
            and (drug.drugname is not null or drug.prod_ai is not null)
    )
    and exists (
        select 1
        from staged.reac as reac
        where
            reac.quarter_no = version.quarter_no
            and reac.primaryid = version.primaryid
            and reac.pt_term is not null
    )
