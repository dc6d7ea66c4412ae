-- Kind: view
-- Title: Therapies of the list of each review case in their order, and how they lie to the event
-- Grain: (caseid, therapy)
-- Reads: counts.exposure_window
-- Columns:
--   caseid: case number
--   therapy: therapy of the list of therapies
--   roles: roles in which it was reported
--   is_admitted: a record of it passes the product rule
--   start_date: earliest start, first day of the stated period; NULL if none is stated
--   start_date_precision: day, month or year
--   end_date: latest end, first day of the stated period; NULL if none is stated
--   end_date_precision: day, month or year
--   event_date: onset of the report, first day of the stated period
--   event_date_precision: day, month or year
--   relation: what all days of the stated periods agree on, else uncertain, or not dated
--   onset_days: days from start to event, with two full dates; negative if it started later
--   days_since_end: days from end to event, with two full dates, where all periods ended before
--   sequence_no: place among the dated therapies of the case, 1 the first started
--   n_dated_therapies: therapies of the case with a start
--   window_text: the window in words; NULL without a start
select
    exposure_window.caseid,
    exposure_window.therapy,
    exposure_window.roles,
    exposure_window.is_admitted,
    exposure_window.start_date,
    exposure_window.start_date_precision,
    exposure_window.end_date,
    exposure_window.end_date_precision,
    exposure_window.event_date,
    exposure_window.event_date_precision,
    exposure_window.relation,
    exposure_window.onset_days,
    exposure_window.days_since_end,
    exposure_window.sequence_no,
    exposure_window.n_dated_therapies,
    exposure_window.window_text
from counts.exposure_window as exposure_window
