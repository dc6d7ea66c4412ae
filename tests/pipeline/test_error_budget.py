"""The error budget of a whole small warehouse."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from pvsignal import pipeline, simulate, warehouse
from pvsignal.analysis import load_analysis
from pvsignal.pipeline.building import open_warehouse
from pvsignal.pipeline.judging import budget
from pvsignal.settings import Settings

ANALYSIS = load_analysis()


@pytest.fixture(scope="module")
def con(
    archives: simulate.Simulated, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[warehouse.Connection]:
    """Warehouse with statistics and an error budget."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("budget") / "data",
        mirror=str(archives.archives[0].parent),
    )
    pipeline.land(settings)
    staged = pipeline.stage(settings)
    inputs = pipeline.identify(settings, ANALYSIS, staged=staged)
    pipeline.score(settings, pipeline.build(settings, inputs))
    with open_warehouse(settings) as con:
        budget.judge_error_budget(con, ANALYSIS)
        yield con


def _frame(con: warehouse.Connection, sql: str) -> pd.DataFrame:
    return warehouse.query_frame(con, sql)


def _results(con: warehouse.Connection) -> list[str]:
    tables = ("signals.error_budget", "signals.pair_chance")
    return [warehouse.content_hash(con, table) for table in tables]


def test_reports_as_they_are_have_the_counts_of_the_run(
    con: warehouse.Connection,
) -> None:
    differs = _frame(
        con,
        """
        select count(*) as n, count(*) filter (where cell.a <> chance.a) as n_differ
        from counts.cell as cell
        inner join signals.pair_chance as chance using (drug, event_level, event)
        where cell.variant = 'primary' and cell.comparator = 'A' and cell.quarter_no
            = (select max(quarter_no) from cases.held_quarter)
        """,
    )
    n_pairs = _frame(
        con,
        "select count(*) as n from cohort.drug_start, cohort.event "
        "where event_level in ('group', 'supergroup')",
    )
    assert differs["n"].item() == n_pairs["n"].item() > 1_000
    assert differs["n_differ"].item() == 0
    assert _frame(con, "select max(a) as a from signals.pair_chance")["a"].item() > 5


def test_margins_at_the_latest_quarter_are_those_of_the_run(
    con: warehouse.Connection,
) -> None:
    grid = budget._Grid(
        *(_frame(con, x) for x in (budget._DRUGS, budget._EVENTS, budget._QUARTERS))
    )
    margins = budget._margins(con, grid)
    cells = _frame(
        con,
        """
        select cell.comparator, cell.drug, cell.event, cell.n_drug, cell.n,
            year.expected_year
        from counts.cell as cell
        inner join signals.year_stratified as year
            using (drug, event_level, event, quarter_no)
        where cell.variant = 'primary' and event_level in ('group', 'supergroup')
            and quarter_no = (select max(quarter_no) from cases.held_quarter)
        """,
    )
    drug, event = grid.drug(cells["drug"]), grid.event(cells["event"])
    which = margins.set_of[event]
    expected = margins.expected[drug, event, -1]
    np.testing.assert_allclose(expected, cells["expected_year"], rtol=1e-12)
    for comparator, n_drug, n in (
        ("A", margins.n_drug_a, None),
        ("B", margins.n_drug_b, margins.n_b[:, np.newaxis]),
        ("C", margins.n_drug_c, margins.n_c),
    ):
        rows = (cells["comparator"] == comparator).to_numpy()
        assert rows.sum() > 1_000
        at = which[rows], drug[rows]
        assert (n_drug[at][:, -1] == cells["n_drug"][rows]).all()
        if n is not None:
            whole = np.broadcast_to(n, (*n_drug.shape[:2], n.shape[-1]))
            assert (whole[at][:, -1] == cells["n"][rows]).all()


def test_neither_a_second_time_nor_the_order_of_rows_changes_a_number(
    con: warehouse.Connection,
) -> None:
    before = _results(con)
    for table in (
        "cohort.exposure",
        "cohort.comparator_c",
        "cohort.current_report",
        "cohort.reported_event",
        "counts.interval",
    ):
        con.execute(
            f"create or replace table {table} as "
            f"select * from {table} as t order by hash(t)"
        )
    budget.judge_error_budget(con, ANALYSIS)
    assert _results(con) == before


def test_every_quarter_has_a_row_and_the_views_say_what_they_hold(
    con: warehouse.Connection,
) -> None:
    for name in ("error_budget", "pair_chance"):
        warehouse.run_model(con, warehouse.read_model(f"5_api/{name}"))
    quarters = _frame(con, "select * from api.error_budget order by as_of")
    assert quarters["as_of"].tolist() == [
        "2018q3",
        "2018q4",
        "2019q1",
        "2019q2",
        "2019q3",
    ]
    assert (quarters["permutations"] == ANALYSIS.budget.permutations).all()
    assert (quarters["new_low"] <= quarters["new_high"]).all()
    pairs = _frame(con, "select * from api.pair_chance")
    assert pairs["p_permutation"].between(1 / 201, 1).all()
    assert (pairs["share_crossing"] <= pairs["share_ever_crossing"]).all()


def test_the_summary_says_whether_chance_is_within_the_budget(
    con: warehouse.Connection,
) -> None:
    found = budget.judge_error_budget(con, ANALYSIS)
    assert found is not None
    assert found.is_within == (found.expected_new <= 1)
    assert "permutations, standard error" in found.words
    assert 0 < found.share_kept < 1


def test_pairs_that_may_not_emerge_are_left_out(con: warehouse.Connection) -> None:
    none = pd.DataFrame({"drug": [], "event": [], "quarter_no": []})
    found = budget.judge_error_budget(con, ANALYSIS, could_emerge=none)
    assert found is not None
    assert found.expected_new == found.expected_emerging == 0


def test_held_quarters_with_holes_have_no_budget(con: warehouse.Connection) -> None:
    con.execute("begin")
    for table, column in (
        ("cases.held_quarter", "quarter_no"),
        ("cohort.current_report", "entry_quarter_no"),
        ("counts.interval", "entry_quarter_no"),
    ):
        con.execute(
            f"update {table} set {column} = {column} + 1 "
            f"where {column} = (select max({column}) from {table})"
        )
    found = budget.judge_error_budget(con, ANALYSIS)
    rows = _frame(con, "select count(*) as n from signals.error_budget")["n"].item()
    pairs = _frame(con, "select count(*) as n from signals.pair_chance")["n"].item()
    con.execute("rollback")
    assert found is None
    assert rows == 0
    assert pairs > 1_000
