-- Kind: table
-- Title: The review set: reports current at as_of with an MS therapy in any role, an MS indication or a neoplasm
-- Grain: (quarter_no, primaryid, caseid)
-- Reads: cases.version, cohort.therapy_record, cohort.ms_report, cohort.neoplasm_reaction
with wanted as (
    select
        therapy_record.quarter_no,
        therapy_record.primaryid
    from cohort.therapy_record as therapy_record
    union distinct
    select
        ms_report.quarter_no,
        ms_report.primaryid
    from cohort.ms_report as ms_report
    union distinct
    select
        reaction.quarter_no,
        reaction.primaryid
    from cohort.neoplasm_reaction as reaction
)

select
    version.quarter_no,
    version.primaryid,
    version.caseid
from cases.version as version
inner join wanted
    on
        version.quarter_no = wanted.quarter_no
        and version.primaryid = wanted.primaryid
where version.known_until is null
