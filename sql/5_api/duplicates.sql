-- Kind: view
-- Title: Suspected duplicates: reports of different cases that look like one event of one patient, nothing is deleted
-- Grain: (caseid, linked_caseid)
-- Reads: counts.duplicate
-- Columns:
--   caseid: case that is left out of the primary variant: the one with the larger number
--   linked_caseid: case that it is linked to
--   primaryid: version of caseid
--   linked_primaryid: version of linked_caseid
--   quarter: quarter of the version of caseid
--   linked_quarter: quarter of the version of linked_caseid
--   match_weight: evidence that both are one, in bits: prior and weights of the fields; 2 or more is a link
--   event_date_level: what the event dates say; unknown where one of them is missing
--   event_date_weight: its weight in bits, 0 where unknown
--   age_level: what the ages say; unknown where one of them is missing
--   age_weight: its weight in bits, 0 where unknown
--   sex_level: what the sexes say; unknown where one of them is missing
--   sex_weight: its weight in bits, 0 where unknown
--   country_level: what the countries say; unknown where one of them is missing
--   country_weight: its weight in bits, 0 where unknown
--   drugs_level: what the sets of drugs say; unknown where one of them is missing
--   drugs_weight: its weight in bits, 0 where unknown
--   reactions_level: what the sets of preferred terms say; unknown where one of them is missing
--   reactions_weight: its weight in bits, 0 where unknown
--   control_number_level: what the control numbers and senders say; unknown where one of them is missing
--   control_number_weight: its weight in bits, 0 where unknown
--   literature_level: what the literature references say; unknown where one of them is missing
--   literature_weight: its weight in bits, 0 where unknown
--   cluster: smallest case number of the cluster; of at most 50 cases, for display and review only
--   cluster_size: cases of the cluster of caseid
--   is_linked_left_out: linked_caseid is itself left out for a link to a still smaller case number
select
    duplicate.caseid,
    duplicate.linked_caseid,
    duplicate.primaryid,
    duplicate.linked_primaryid,
    duplicate.quarter,
    duplicate.linked_quarter,
    duplicate.match_weight,
    duplicate.event_date_level,
    duplicate.event_date_weight,
    duplicate.age_level,
    duplicate.age_weight,
    duplicate.sex_level,
    duplicate.sex_weight,
    duplicate.country_level,
    duplicate.country_weight,
    duplicate.drugs_level,
    duplicate.drugs_weight,
    duplicate.reactions_level,
    duplicate.reactions_weight,
    duplicate.control_number_level,
    duplicate.control_number_weight,
    duplicate.literature_level,
    duplicate.literature_weight,
    duplicate.cluster,
    duplicate.cluster_size,
    duplicate.is_linked_left_out
from counts.duplicate as duplicate
