-- Kind: table
-- Title: Newest version within the quarter of first receipt of each case of a window; retracted cases stay
-- Grain: caseid
-- Reads: staged.demo, analysis.receipt_window
-- Source: openFDA holds the newest version of a case and keeps retracted ones (its faers pipeline reads
--   no deletion list), so the archive is read in the same way here; receivedate is init_fda_dt. A version that
--   an archive brings in a later quarter is left out: cases since the newest quarter had no time for theirs.
--   The quarter of an openFDA report is that of receivedate
with ranked as (
    select
        demo.caseid,
        demo.quarter_no,
        demo.primaryid,
        demo.init_fda_date as received_date,
        row_number() over (
            partition by demo.caseid
            order by
                coalesce(demo.caseversion_no, 0) desc,
                demo.quarter_no desc,
                demo.line desc
        ) as place
    from staged.demo as demo
    where
        demo.caseid is not null
        and demo.quarter_no = 4 * year(demo.init_fda_date) + quarter(demo.init_fda_date) - 1
)

select
    ranked.caseid,
    ranked.quarter_no,
    ranked.primaryid,
    ranked.received_date,
    receipt_window.window_no
from ranked
inner join analysis.receipt_window as receipt_window
    on ranked.received_date between receipt_window.first_date and receipt_window.last_date
where ranked.place = 1
