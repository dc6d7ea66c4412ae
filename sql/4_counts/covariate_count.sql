-- Kind: table
-- Title: Reports of each group in the primary variant by covariates: in all and with each event but preferred terms
-- Grain: (report_group, drug, pattern, event_level, event, litigation_set, is_ms, n_starts, covariate_no)
-- Reads: counts.stratum_count, cohort.population_stratum, cohort.stratum_covariate, analysis.variant,
--   analysis.selection, analysis.event_use
-- Source: docs/statistics.md, "Adjusted statistics"; as in counts.selected_count, with the covariates kept
select
    stratum_count.report_group,
    stratum_count.drug,
    stratum_count.pattern,
    stratum_count.event_level,
    stratum_count.event,
    population_stratum.is_ms,
    population_stratum.n_starts,
    stratum_covariate.covariate_no,
    cast(sum(stratum_count.n_reports) as bigint) as n_reports,
    case when stratum_count.event = '' then stratum_count.litigation_set else '' end as litigation_set
from analysis.variant as variant
inner join analysis.selection as selection
    on variant.selection = selection.selection
inner join cohort.population_stratum as population_stratum
    on selection.population = population_stratum.population
inner join cohort.stratum_covariate as stratum_covariate
    on population_stratum.stratum_no = stratum_covariate.stratum_no
inner join counts.stratum_count as stratum_count
    on population_stratum.stratum_no = stratum_count.stratum_no
inner join analysis.event_use as event_use
    on
        selection.indication_rule = event_use.indication_rule
        and stratum_count.event_use = event_use.event_use
where
    variant.variant = 'primary'
    and stratum_count.event_level <> 'pt'
    and stratum_count.role_set in ('', selection.role_set)
    and (
        stratum_count.litigation_set = ''
        or (selection.counts_litigated and stratum_count.event <> '')
        or (not selection.counts_litigated and stratum_count.event = '')
    )
group by
    stratum_count.report_group,
    stratum_count.drug,
    stratum_count.pattern,
    stratum_count.event_level,
    stratum_count.event,
    case when stratum_count.event = '' then stratum_count.litigation_set else '' end,
    population_stratum.is_ms,
    population_stratum.n_starts,
    stratum_covariate.covariate_no
