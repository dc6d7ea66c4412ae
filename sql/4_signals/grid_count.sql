-- Kind: table
-- Title: Reports of each group by what the grid asks of them: in all, and with each event of the board
-- Grain: (role_set, report_group, drug, pattern, event, event_use, litigation_set, is_ms, n_starts, trait_no)
-- Reads: counts.stratum_count, signals.grid_stratum, signals.grid_pair
-- Source: docs/variants.md, "How they are counted"; only drugs and events of pairs on the board
with event as (
    select distinct
        pair.event_level,
        pair.event
    from signals.grid_pair as pair
),

drug as (
    select distinct pair.drug
    from signals.grid_pair as pair
)

select
    counted.role_set,
    counted.report_group,
    counted.drug,
    counted.pattern,
    counted.event,
    counted.event_use,
    counted.litigation_set,
    stratum.is_ms,
    stratum.n_starts,
    stratum.trait_no,
    cast(sum(counted.n_reports) as bigint) as n_reports
from counts.stratum_count as counted
inner join signals.grid_stratum as stratum
    on counted.stratum_no = stratum.stratum_no
left join event
    on
        counted.event_level = event.event_level
        and counted.event = event.event
left join drug
    on counted.drug = drug.drug
where
    (counted.event = '' or event.event is not null)
    and (counted.drug = '' or drug.drug is not null)
group by
    counted.role_set,
    counted.report_group,
    counted.drug,
    counted.pattern,
    counted.event,
    counted.event_use,
    counted.litigation_set,
    stratum.is_ms,
    stratum.n_starts,
    stratum.trait_no
