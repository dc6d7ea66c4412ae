-- Kind: table
-- Title: First quarter and receipt of a drug's first reports; fixed once known
-- Grain: drug
-- Reads: cohort.exposure, cohort.report
-- Source: design, comparator C: reports received since the drug's first report. Only the first quarter in
--   which a report is current is looked at, so later evidence cannot move the start. start_no counts the drugs
--   whose reports begin by then: a report was received since the start of a drug where the starts before its
--   receipt (cohort.report_trait.n_starts) are no fewer.
with exposed as (
    select
        exposure.drug_level,
        exposure.drug,
        report.known_from,
        report.received_date,
        min(report.known_from) over (partition by exposure.drug) as first_quarter_no
    from cohort.exposure as exposure
    inner join cohort.report as report
        on
            exposure.quarter_no = report.quarter_no
            and exposure.primaryid = report.primaryid
),

started as (
    select
        drug_level,
        drug,
        first_quarter_no,
        min(received_date) as start_date
    from exposed
    where known_from = first_quarter_no
    group by drug_level, drug, first_quarter_no
)

select
    drug_level,
    drug,
    first_quarter_no,
    start_date,
    count(*) over (
        order by start_date asc
        range between unbounded preceding and current row
    ) as start_no
from started
