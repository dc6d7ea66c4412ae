-- Kind: table
-- Title: When the FDA first received a case, as its earliest sighting says; fixed for good
-- Grain: caseid
-- Reads: cases.sighting
-- Source: init_fda_dt is the receipt of the first version; legacy rows hold FDA_DT only
with placed as (
    select
        sighting.caseid,
        sighting.quarter_no,
        coalesce(
            sighting.init_fda_date,
            sighting.fda_date,
            make_date(sighting.quarter_no // 4, 3 * (sighting.quarter_no % 4) + 1, 1)
        ) as received_date,
        row_number() over (
            partition by sighting.caseid
            order by
                sighting.quarter_no asc,
                sighting.era_no desc,
                sighting.version_no desc,
                sighting.line desc
        ) as place
    from cases.sighting as sighting
)

select
    caseid,
    quarter_no as first_quarter_no,
    received_date,
    year(received_date) as received_year
from placed
where place = 1
