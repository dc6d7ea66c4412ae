-- Kind: view
-- Title: Reports matched per litigated ingredient and receipt year
-- Grain: (ingredient, received_year)
-- Reads: counts.litigated_year
-- Columns:
--   ingredient: ingredient of the list
--   received_year: year of receipt; NULL where no report matches, which is a finding
--   n_reports: reports that name it as primary or secondary suspect
--   is_removed: the reports leave the listed events in that year
select
    litigated_year.ingredient,
    litigated_year.received_year,
    litigated_year.n_reports,
    litigated_year.is_removed
from counts.litigated_year as litigated_year
