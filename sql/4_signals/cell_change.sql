-- Kind: table
-- Title: Every cell of every pair at the previous run and at this one, and what the difference is made of
-- Grain: (drug, event, comparator, cell); before plus the parts is now
-- Reads: signals.compared_quarter, signals.statistic, signals.before_cell, signals.moved_count, signals.revised_case,
--   signals.revision, cohort.event
-- Source: docs/signals.md, "Why a count changed". now - before = [now - base] + [base - before], base being this
--   run's count as of the previous run's quarter. c and d only where both runs count the pair.
with now_cell as (
    select
        statistic.comparator,
        statistic.drug_level,
        statistic.drug,
        statistic.event_level,
        statistic.event,
        event.litigation_set,
        statistic.a,
        statistic.b,
        statistic.c,
        statistic.d,
        statistic.sdr_screen
    from signals.statistic as statistic
    inner join signals.compared_quarter as compared
        on statistic.quarter_no = compared.now_no
    inner join cohort.event as event
        on
            statistic.event_level = event.event_level
            and statistic.event = event.event
    where
        statistic.variant = 'primary'
        and statistic.event_level in ('group', 'supergroup')
),

base_cell as (
    select
        statistic.comparator,
        statistic.drug,
        statistic.event,
        statistic.a,
        statistic.b,
        statistic.c,
        statistic.d
    from signals.statistic as statistic
    inner join signals.compared_quarter as compared
        on statistic.quarter_no = compared.base_no
    where
        statistic.variant = 'primary'
        and statistic.event_level in ('group', 'supergroup')
),

pair as (
    select
        now_cell.comparator,
        now_cell.drug_level,
        now_cell.drug,
        now_cell.event_level,
        now_cell.event
    from now_cell
    union
    select
        before_cell.comparator,
        before_cell.drug_level,
        before_cell.drug,
        before_cell.event_level,
        before_cell.event
    from signals.before_cell as before_cell
),

told_by_case as (
    select
        revised_case.drug,
        revised_case.event,
        coalesce(
            sum(revised_case.step) filter (
                where revised_case.reason = 'archives' and revision.reason <> 'archives'
            ),
            0
        ) as archives,
        bool_or(revised_case.is_mixed) as is_mixed
    from signals.revised_case as revised_case
    cross join signals.revision as revision
    group by revised_case.drug, revised_case.event
),

compared_pair as (
    select
        pair.comparator,
        pair.drug_level,
        pair.drug,
        pair.event_level,
        pair.event,
        before_cell.drug is not null as counted_before,
        now_cell.drug is not null as counted_now,
        base_cell.drug is not null as counted_at_base,
        coalesce(before_cell.is_flagged, false) as flagged_before,
        coalesce(now_cell.sdr_screen, false) as flagged_now,
        coalesce(before_cell.a, 0) as a_before,
        coalesce(before_cell.b, 0) as b_before,
        coalesce(before_cell.c, 0) as c_before,
        coalesce(before_cell.d, 0) as d_before,
        coalesce(base_cell.a, 0) as a_base,
        coalesce(base_cell.b, 0) as b_base,
        coalesce(base_cell.c, 0) as c_base,
        coalesce(base_cell.d, 0) as d_base,
        coalesce(now_cell.a, 0) as a_now,
        coalesce(now_cell.b, 0) as b_now,
        coalesce(now_cell.c, 0) as c_now,
        coalesce(now_cell.d, 0) as d_now,
        coalesce(together.new_cases, 0) as a_new_cases,
        coalesce(together.follow_ups, 0) as a_follow_ups,
        coalesce(together.deletions, 0) as a_deletions,
        coalesce(together.duplicates, 0) as a_duplicates,
        coalesce(exposed.new_cases, 0) - coalesce(exposed_out.new_cases, 0)
        - coalesce(together.new_cases, 0) as b_new_cases,
        coalesce(exposed.follow_ups, 0) - coalesce(exposed_out.follow_ups, 0)
        - coalesce(together.follow_ups, 0) as b_follow_ups,
        coalesce(exposed.deletions, 0) - coalesce(exposed_out.deletions, 0)
        - coalesce(together.deletions, 0) as b_deletions,
        coalesce(exposed.duplicates, 0) - coalesce(exposed_out.duplicates, 0)
        - coalesce(together.duplicates, 0) as b_duplicates,
        case when pair.comparator = 'A' then coalesce(told_by_case.archives, 0) else 0 end as a_archives,
        coalesce(told_by_case.is_mixed, false) as has_mixed_cases,
        revision.reason,
        revision.n_reasons > 1 as has_reasons
    from pair
    cross join signals.revision as revision
    left join now_cell
        on
            pair.comparator = now_cell.comparator
            and pair.drug = now_cell.drug
            and pair.event = now_cell.event
    left join base_cell
        on
            pair.comparator = base_cell.comparator
            and pair.drug = base_cell.drug
            and pair.event = base_cell.event
    left join signals.before_cell as before_cell
        on
            pair.comparator = before_cell.comparator
            and pair.drug = before_cell.drug
            and pair.event = before_cell.event
    left join signals.moved_count as together
        on
            together.measure = 'a'
            and now_cell.comparator = together.comparator
            and now_cell.drug = together.drug
            and now_cell.event = together.event
    left join signals.moved_count as exposed
        on
            exposed.measure = 'n_drug'
            and exposed.litigation_set = ''
            and now_cell.comparator = exposed.comparator
            and now_cell.drug = exposed.drug
    left join signals.moved_count as exposed_out
        on
            exposed_out.measure = 'n_drug'
            and exposed_out.litigation_set <> ''
            and now_cell.comparator = exposed_out.comparator
            and now_cell.drug = exposed_out.drug
            and now_cell.litigation_set = exposed_out.litigation_set
    left join told_by_case
        on
            pair.drug = told_by_case.drug
            and pair.event = told_by_case.event
),

cell as (
    select
        compared_pair.*,
        'a' as cell,
        compared_pair.a_before as before,
        compared_pair.a_now as now,
        compared_pair.a_new_cases as new_cases,
        compared_pair.a_follow_ups as follow_ups,
        compared_pair.a_deletions as deletions,
        compared_pair.a_duplicates as duplicates,
        0 as background,
        compared_pair.a_base - compared_pair.a_before as revised,
        compared_pair.a_archives as told_archives,
        case
            when compared_pair.comparator = 'A' then compared_pair.has_mixed_cases
            else compared_pair.has_reasons
        end as is_untold
    from compared_pair
    union all
    select
        compared_pair.*,
        'b' as cell,
        compared_pair.b_before as before,
        compared_pair.b_now as now,
        compared_pair.b_new_cases as new_cases,
        compared_pair.b_follow_ups as follow_ups,
        compared_pair.b_deletions as deletions,
        compared_pair.b_duplicates as duplicates,
        0 as background,
        compared_pair.b_base - compared_pair.b_before as revised,
        0 as told_archives,
        compared_pair.has_reasons as is_untold
    from compared_pair
    union all
    select
        compared_pair.*,
        'c' as cell,
        compared_pair.c_before as before,
        compared_pair.c_now as now,
        0 as new_cases,
        0 as follow_ups,
        0 as deletions,
        0 as duplicates,
        case when compared_pair.counted_at_base then compared_pair.c_now - compared_pair.c_base else 0 end
            as background,
        case when compared_pair.counted_at_base then compared_pair.c_base else compared_pair.c_now end
        - compared_pair.c_before as revised,
        0 as told_archives,
        compared_pair.has_reasons or not compared_pair.counted_at_base as is_untold
    from compared_pair
    where compared_pair.counted_before and compared_pair.counted_now
    union all
    select
        compared_pair.*,
        'd' as cell,
        compared_pair.d_before as before,
        compared_pair.d_now as now,
        0 as new_cases,
        0 as follow_ups,
        0 as deletions,
        0 as duplicates,
        case when compared_pair.counted_at_base then compared_pair.d_now - compared_pair.d_base else 0 end
            as background,
        case when compared_pair.counted_at_base then compared_pair.d_base else compared_pair.d_now end
        - compared_pair.d_before as revised,
        0 as told_archives,
        compared_pair.has_reasons or not compared_pair.counted_at_base as is_untold
    from compared_pair
    where compared_pair.counted_before and compared_pair.counted_now
)

select
    cell.drug_level,
    cell.drug,
    cell.event_level,
    cell.event,
    cell.comparator,
    cell.cell,
    cell.before,
    cell.now,
    cell.new_cases,
    cell.follow_ups,
    cell.deletions,
    cell.duplicates,
    cell.background,
    cell.counted_before,
    cell.counted_now,
    cell.flagged_before,
    cell.flagged_now,
    cell.told_archives + case when cell.reason = 'archives' then cell.revised - cell.told_archives else 0 end
        as archives,
    case when cell.reason = 'vocabulary' then cell.revised - cell.told_archives else 0 end as vocabulary,
    case when cell.reason = 'code_lists' then cell.revised - cell.told_archives else 0 end as code_lists,
    cell.is_untold and (cell.revised <> 0 or (cell.comparator = 'A' and cell.cell = 'a')) as is_mixed
from cell
