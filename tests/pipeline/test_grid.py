"""The grid of a whole run beside its variants, and recounted report by report."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from dataclasses import astuple

import pandas as pd
import pytest

from pvsignal import warehouse
from pvsignal.analysis import Analysis, load_analysis
from pvsignal.pipeline.judging.grid import judge_grid
from pvsignal.pipeline.variants import EVENT_USES
from pvsignal.signals import grid
from pvsignal.signals.grid import Specification
from tests.pipeline.conftest import Published

ONE_SEX = {"female": ["female"], "male": ["male"]}


def _small(analysis: Analysis) -> Analysis:
    """The same with a limit that a small run reaches in A."""
    section = analysis.grid.model_copy(update={"min_reports": 300})
    return analysis.model_copy(update={"grid": section})


@pytest.fixture(scope="module")
def con(
    published: Published, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[warehouse.Connection]:
    file = tmp_path_factory.mktemp("grid") / "warehouse.duckdb"
    shutil.copy(published.settings.warehouse_path, file)
    with warehouse.connect(file) as con:
        # More pairs than a small run has on its board.
        con.execute("update signals.screened set is_screened = a >= 1")
        judge_grid(con, _small(load_analysis()))
        yield con


SAME = """
select v.name, count(*) as n, count(*) filter (
    where (g.a, g.n, g.expected, g.ror, g.ror_low, g.ror_high, g.is_positive)
    is distinct from (s.a, s.n, s.expected, s.ror, s.ror_low, s.ror_high, s.sdr_ror)
) as n_other
from (values
    ('primary', 'PS+SS', 'all', 'left_out', 'left_out', 'standard'),
    ('ps_only', 'PS', 'all', 'left_out', 'left_out', 'standard'),
    ('any_role', 'PS+SS+C+I', 'all', 'left_out', 'left_out', 'standard'),
    ('hcp', 'PS+SS', 'professional', 'left_out', 'left_out', 'standard'),
    ('with_duplicates', 'PS+SS', 'all', 'counted', 'left_out', 'standard'),
    ('with_litigated', 'PS+SS', 'all', 'left_out', 'counted', 'standard'),
    ('narrow_indication', 'PS+SS', 'all', 'left_out', 'left_out', 'narrow'),
    ('without_indication_rule', 'PS+SS', 'all', 'left_out', 'left_out', 'off')
) as v(name, roles, reporter, duplicates, litigated, indication_rule)
join signals.grid as g
    using (roles, reporter, duplicates, litigated, indication_rule)
join signals.statistic as s
    on s.variant = v.name and s.is_latest and s.comparator = g.comparator
    and s.drug = g.drug and s.event = g.event
where g.adjustment = 'crude'
group by v.name
"""


def test_a_crude_specification_is_the_variant_that_counts_the_same(
    con: warehouse.Connection,
) -> None:
    rows = warehouse.query_rows(con, SAME)
    ((n_pairs, n_c),) = con.execute(
        "select count(distinct (drug, event)), count(distinct (drug, event)) filter"
        " (where comparator = 'C') from signals.grid"
    ).fetchall()
    assert n_pairs > n_c > 100
    assert len(rows) == 8
    assert {row["n"] for row in rows} == {2 * n_pairs + n_c}
    assert {row["n_other"] for row in rows} == {0}


def test_the_primary_selection_adjusted_is_what_api_adjusted_says(
    con: warehouse.Connection,
) -> None:
    found = warehouse.query_frame(
        con,
        """
        select g.*, s.ror_age_sex, s.ror_age_sex_low, s.ror_age_sex_high,
            s.a_age_sex, s.a as a_all, s.n as n_all, s.expected_year
        from signals.grid as g
        join signals.adjusted as s using (comparator, drug, event)
        where g.roles = 'PS+SS' and g.reporter = 'all' and g.duplicates = 'left_out'
            and g.litigated = 'left_out' and g.indication_rule = 'standard'
        """,
    )
    by_age = found[found["adjustment"] == "age_sex"]
    assert len(by_age) > 60
    for own, other in {
        "ror": "ror_age_sex",
        "ror_low": "ror_age_sex_low",
        "ror_high": "ror_age_sex_high",
    }.items():
        assert by_age[own].to_list() == pytest.approx(
            by_age[other].to_list(), nan_ok=True
        )
    assert by_age["a_compared"].to_list() == by_age["a_age_sex"].to_list()
    adjusted = found[found["adjustment"] != "crude"]
    assert adjusted["a"].to_list() == adjusted["a_all"].to_list()
    assert adjusted["n"].to_list() == adjusted["n_all"].to_list()
    by_year = found[(found["adjustment"] == "year") & (found["comparator"] == "A")]
    assert by_year["expected"].to_list() == pytest.approx(
        by_year["expected_year"].to_list()
    )


REPORTS = """
select
    trait.sex, trait.age_band, cast(trait.received_year as varchar) as year,
    exists (
        select 1 from cohort.role_exposure as e
        join codelists.drug_member as m on e.therapy = m.therapy
        where m.drug = $drug and e.role_set = $role_set
        and (e.quarter_no, e.primaryid) = (trait.quarter_no, trait.primaryid)
    ) as is_exposed,
    exists (
        select 1 from cohort.role_exposure as e
        join analysis.reference_set as r on e.therapy = r.therapy
        join cohort.variant_reference as v on r.reference_set = v.reference_set
        where v.variant = 'primary' and v.drug = $drug and e.role_set = $role_set
        and (e.quarter_no, e.primaryid) = (trait.quarter_no, trait.primaryid)
    ) as is_reference,
    trait.n_starts >= (
        select start_no from cohort.drug_start where drug = $drug
    ) as is_since,
    trait.is_ms, trait.is_suspected_duplicate, trait.reporter,
    (
        select max(o.event_use) from cohort.reported_event as o
        where o.event = $event
        and (o.quarter_no, o.primaryid) = (trait.quarter_no, trait.primaryid)
    ) as event_use,
    exists (
        select 1 from cohort.litigated_report as l
        join cohort.event as event using (litigation_set)
        where event.event = $event
        and (l.quarter_no, l.primaryid) = (trait.quarter_no, trait.primaryid)
    ) as is_litigated
from cohort.report_trait as trait
"""


def _recounted(
    con: warehouse.Connection, drug: str, event: str, *, chosen: Specification
) -> tuple[int, int, float | None]:
    """a, n and odds ratio of a specification, from the reports one by one."""
    reports = warehouse.query_frame(
        con,
        REPORTS,
        {
            "drug": drug,
            "event": event,
            "role_set": "+".join(sorted(chosen.roles.split("+"))),
        },
    )
    if chosen.comparator == "B":
        reports = reports[reports["is_ms"]]
    if chosen.comparator == "C":
        is_either = reports["is_exposed"] | reports["is_reference"]
        reports = reports[is_either & reports["is_since"]]
    if chosen.reporter == "professional":
        reports = reports[reports["reporter"] == "professional"]
    if chosen.duplicates == "left_out":
        reports = reports[~reports["is_suspected_duplicate"]]
    if chosen.litigated == "left_out":
        reports = reports[~reports["is_litigated"]]
    ((sex,),) = con.execute(
        "select sex from signals.grid_pair where drug = ? and event = ?", [drug, event]
    ).fetchall()
    if chosen.adjustment != "crude" and sex in ONE_SEX:
        reports = reports[reports["sex"].isin(ONE_SEX[sex])]
    has_event = reports["event_use"].isin(EVENT_USES[chosen.indication_rule])
    exposed = reports["is_exposed"]
    by = {"age_sex": ["age_band", "sex"], "year": ["year"]}.get(chosen.adjustment)
    stratum = reports.groupby(by).ngroup() if by else pd.Series(0, index=reports.index)
    over = under = 0.0
    for place in stratum.unique():
        here = stratum == place
        a = int((here & exposed & has_event).sum())
        b = int((here & exposed & ~has_event).sum())
        c = int((here & ~exposed & has_event).sum())
        d = int((here & ~exposed & ~has_event).sum())
        over, under = over + a * d / here.sum(), under + b * c / here.sum()
    ratio = over / under if under else (math.inf if over else None)
    return int((exposed & has_event).sum()), len(reports), ratio


CHOSEN = [
    Specification(*choice.split())
    for choice in (
        "A PS professional counted left_out off year",
        "A PS+SS+C+I all counted counted narrow age_sex",
        "A PS+SS all left_out counted standard year",
        "B PS+SS professional left_out counted off age_sex",
        "B PS+SS+C+I all counted left_out narrow crude",
        "C PS+SS+C+I professional left_out left_out standard year",
        "C PS all counted counted off age_sex",
        "C PS+SS+C+I all counted left_out narrow crude",
    )
]


@pytest.mark.parametrize("chosen", CHOSEN, ids=lambda one: " ".join(astuple(one)))
def test_a_specification_is_what_its_reports_say(
    con: warehouse.Connection, chosen: Specification
) -> None:
    condition = " and ".join(f"{axis} = ?" for axis in grid.AXES)
    rows = warehouse.query_rows(
        con,
        # Pairs with the most reports; of events of one sex, and with litigated drugs.
        f"select g.*, p.sex from signals.grid as g join signals.grid_pair as p"
        f" using (drug, event) where {condition} qualify row_number() over"
        " (partition by p.sex, p.litigation_set <> '' order by a desc, drug, event)"
        " <= 2",
        list(astuple(chosen)),
    )
    assert len(rows) >= 4
    for row in rows:
        found = _recounted(con, row["drug"], row["event"], chosen=chosen)
        assert found == (row["a"], row["n"], pytest.approx(row["ror"])), row


def test_the_summary_holds_what_the_specifications_say(
    con: warehouse.Connection,
) -> None:
    every = warehouse.query_frame(con, "from signals.grid")
    summary = warehouse.query_frame(con, "from signals.grid_summary")
    assert summary["n_positive"].sum() > 100
    assert (summary["n_counted"] > summary["n_positive"]).any()
    for row in summary.to_dict("records"):
        own = every[(every["drug"] == row["drug"]) & (every["event"] == row["event"])]
        counted = own[own["is_counted"]]
        assert row["n_counted"] == len(counted)
        if counted.empty:
            assert pd.isna(row["worst"]) and pd.isna(row["share_positive"])
            continue
        assert row["n_positive"] == counted["is_positive"].sum()
        assert row["worst_ror_low"] == counted["ror_low"].min()
        assert row["best_ror_low"] == counted["ror_low"].max()
        worst = counted.loc[counted["ror_low"].idxmin()]
        assert row["worst"] == str(Specification(*(worst[x] for x in grid.AXES)))
        assert row["worst_a"] == worst["a"]


def test_the_choices_of_an_axis_add_up_to_the_summary(
    con: warehouse.Connection,
) -> None:
    ((n_axes, n_other),) = con.execute(
        "select count(*), count(*) filter (where (n, positive) <> (s.n_counted,"
        " s.n_positive)) from (select drug, event, axis, sum(n_counted) as n,"
        " sum(n_positive) as positive from signals.grid_choice group by all) join"
        " signals.grid_summary as s using (drug, event)"
    ).fetchall()
    ((n_pairs,),) = con.execute("select count(*) from signals.grid_pair").fetchall()
    assert n_axes == 7 * n_pairs
    assert n_other == 0
    ((n_counted, n_positive),) = con.execute(
        "select sum(n_counted), sum(n_positive) from signals.grid_choice"
        " where axis = 'roles' and value = 'PS'"
    ).fetchall()
    ((wanted, positive),) = con.execute(
        "select count(*), count(*) filter (where is_positive) from signals.grid"
        " where is_counted and roles = 'PS'"
    ).fetchall()
    assert (n_counted, n_positive) == (wanted, positive)


def test_a_flip_turns_the_primary_flag_and_both_are_counted(
    con: warehouse.Connection,
) -> None:
    rows = warehouse.query_rows(con, "from signals.grid_flip")
    of_variants = [row for row in rows if row["choice"].startswith("variant ")]
    assert 0 < len(of_variants) < len(rows)
    for row in of_variants:
        (found,) = warehouse.query_rows(
            con,
            "select s.sdr_ror, s.evaluable, s.n, p.sdr_ror as primary_flag from"
            " signals.statistic as s join signals.statistic as p"
            " using (comparator, drug, event, is_latest) where s.is_latest"
            " and s.variant = ? and p.variant = 'primary' and comparator = ?"
            " and drug = ? and event = ?",
            [
                row["choice"].removeprefix("variant "),
                row["comparator"],
                row["drug"],
                row["event"],
            ],
        )
        assert found["sdr_ror"] is row["is_positive"]
        assert found["primary_flag"] is not row["is_positive"]
        assert found["evaluable"] and found["n"] >= 300
    ((n,),) = con.execute(
        "select count(*) from signals.grid as g join signals.grid as p"
        " using (drug, event, comparator, reporter, duplicates, litigated,"
        " indication_rule, adjustment) where g.roles = 'PS' and p.roles = 'PS+SS'"
        " and reporter = 'all' and duplicates = 'left_out' and litigated = 'left_out'"
        " and indication_rule = 'standard' and adjustment = 'crude' and g.is_counted"
        " and p.is_counted and g.is_positive <> p.is_positive"
    ).fetchall()
    assert n == sum(row["choice"] == "role PS only" for row in rows)
    texts = warehouse.query_rows(
        con, "select drug, event from signals.grid_summary where flips is not null"
    )
    assert {(t["drug"], t["event"]) for t in texts} == {
        (row["drug"], row["event"]) for row in rows
    }


def test_a_board_without_a_pair_leaves_empty_tables(
    published: Published, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("empty") / "warehouse.duckdb"
    shutil.copy(published.settings.warehouse_path, file)
    with warehouse.connect(file) as con:
        con.execute("update signals.screened set is_screened = false")
        assert judge_grid(con, load_analysis()) == 0
        for table in ("grid", "grid_summary", "grid_choice", "grid_flip"):
            assert con.execute(f"from signals.{table}").fetchall() == []


def test_a_run_publishes_the_grid_and_greys_what_is_too_small(
    published: Published,
) -> None:
    with warehouse.connect_readonly(
        published.result.database, temp_dir=published.settings.data_dir / ".spill"
    ) as con:
        ((n_rows, n_small),) = con.execute(
            "select count(*), count(*) filter (where not is_counted and"
            " why_not_counted = 'population too small') from api.grid"
        ).fetchall()
        assert n_rows == n_small > 1_000
        rows = warehouse.query_rows(
            con, "select n_counted, share_positive, worst from api.grid_summary"
        )
    assert rows
    for row in rows:
        assert (row["n_counted"], row["share_positive"], row["worst"]) == (
            0,
            None,
            None,
        )
