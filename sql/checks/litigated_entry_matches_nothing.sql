-- Severity: note
-- Title: a litigated ingredient that no report names; look at its pattern
select litigated_year.ingredient
from counts.litigated_year as litigated_year
where litigated_year.received_year is null
