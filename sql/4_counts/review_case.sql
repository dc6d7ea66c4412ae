-- Kind: table
-- Title: Case header of each report of the review set
-- Grain: caseid
-- Reads: counts.review_report, cases.sighting, cases.received, cases.held_quarter, staged.demo, staged.outc,
--   cohort.ms_report, cohort.report, cases.suspected_duplicate, source.duplicate_cluster, cohort.stated_country,
--   codelists.reporter
with outcome as (
    select
        outc.quarter_no,
        outc.primaryid,
        string_agg(distinct outc.outc_cod, '|' order by outc.outc_cod asc) as outcomes,
        bool_or(outc.outc_cod = 'DE') as is_fatal
    from staged.outc as outc
    semi join counts.review_report as review
        on
            outc.quarter_no = review.quarter_no
            and outc.primaryid = review.primaryid
    where outc.outc_cod is not null
    group by outc.quarter_no, outc.primaryid
)

select
    review.caseid,
    review.primaryid,
    held_quarter.quarter,
    review.quarter_no,
    demo.caseversion_no as caseversion,
    received.received_date,
    demo.fda_date,
    demo.event_date,
    demo.event_date_precision,
    demo.event_dt as event_date_text,
    demo.age_years,
    country.iso2 as country,
    country.country_text,
    demo.occp_cod as reporter,
    demo.rept_cod as report_type,
    demo.mfr_sndr as sender,
    demo.mfr_num as sender_case_number,
    demo.lit_ref as literature,
    outcome.outcomes,
    ms_report.ms_basis,
    duplicate.duplicate_of,
    cluster.cluster as duplicate_cluster,
    cluster.n_cases as duplicate_cluster_size,
    case when sighting.era_no = 0 then 'legacy' else 'faers' end as source_era,
    nullif(demo.sex, 'UNK') as sex,
    coalesce(reporter.is_professional = 'Y', false) as is_professional,
    outcome.primaryid is not null as is_serious,
    coalesce(outcome.is_fatal, false) as is_fatal,
    duplicate.caseid is not null as is_suspected_duplicate,
    report.caseid is not null and duplicate.caseid is null as included,
    case
        when report.caseid is null then 'no drug or no reaction'
        when duplicate.caseid is not null then 'suspected duplicate'
    end as reason
from counts.review_report as review
inner join cases.sighting as sighting
    on
        review.quarter_no = sighting.quarter_no
        and review.primaryid = sighting.primaryid
        and review.caseid = sighting.caseid
inner join staged.demo as demo
    on
        sighting.quarter_no = demo.quarter_no
        and sighting.line = demo.line
        and sighting.primaryid = demo.primaryid
        and sighting.caseid = demo.caseid
inner join cases.held_quarter as held_quarter
    on review.quarter_no = held_quarter.quarter_no
inner join cases.received as received
    on review.caseid = received.caseid
left join cohort.stated_country as country
    on
        demo.occr_country is not distinct from country.occr_country
        and demo.reporter_country is not distinct from country.reporter_country
left join codelists.reporter as reporter
    on demo.occp_cod = reporter.occp_cod
left join outcome
    on
        review.quarter_no = outcome.quarter_no
        and review.primaryid = outcome.primaryid
left join cohort.ms_report as ms_report
    on
        review.quarter_no = ms_report.quarter_no
        and review.primaryid = ms_report.primaryid
left join cohort.report as report
    on
        review.quarter_no = report.quarter_no
        and review.primaryid = report.primaryid
        and review.caseid = report.caseid
left join cases.suspected_duplicate as duplicate
    on
        review.quarter_no = duplicate.quarter_no
        and review.primaryid = duplicate.primaryid
        and review.caseid = duplicate.caseid
left join source.duplicate_cluster as cluster
    on review.caseid = cluster.caseid
