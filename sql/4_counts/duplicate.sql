-- Kind: table
-- Title: Links between reports that are current at as_of, with what each field weighs
-- Grain: (caseid, linked_caseid)
-- Reads: cases.link, cases.suspected_duplicate, cases.held_quarter, source.duplicate_cluster
select
    link.caseid,
    link.kept_caseid as linked_caseid,
    link.primaryid,
    link.kept_primaryid as linked_primaryid,
    own.quarter,
    linked.quarter as linked_quarter,
    link.match_weight,
    link.event_date_level,
    link.event_date_weight,
    link.age_level,
    link.age_weight,
    link.sex_level,
    link.sex_weight,
    link.country_level,
    link.country_weight,
    link.drugs_level,
    link.drugs_weight,
    link.reactions_level,
    link.reactions_weight,
    link.control_number_level,
    link.control_number_weight,
    link.literature_level,
    link.literature_weight,
    cluster.cluster,
    cluster.n_cases as cluster_size,
    other.caseid is not null as is_linked_left_out
from cases.link as link
inner join cases.held_quarter as own
    on link.quarter_no = own.quarter_no
inner join cases.held_quarter as linked
    on link.kept_quarter_no = linked.quarter_no
inner join source.duplicate_cluster as cluster
    on link.caseid = cluster.caseid
left join cases.suspected_duplicate as other
    on
        link.kept_quarter_no = other.quarter_no
        and link.kept_primaryid = other.primaryid
        and link.kept_caseid = other.caseid
where link.known_until is null
