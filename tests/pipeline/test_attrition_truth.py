"""Every figure of the attrition equals the one that the simulator planned.

The simulator accounts for its own plan in Python (``simulate/fates.py``), without
the SQL and without the code lists. Suspected duplicates are found by a statistical
model: figures that rest on them are compared for the ones found.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from pvsignal import pipeline, simulate, warehouse
from pvsignal.analysis import load_analysis
from pvsignal.quarter import QuarterSpan
from pvsignal.settings import Settings
from pvsignal.simulate.fates import Fates
from pvsignal.simulate.truth import Figures, compare_attrition, compare_row_fates
from tests.pipeline.conftest import Published

DEFECTS = tuple(simulate.DEFECTS)
# The change from legacy to FAERS; then deletion lists and litigated reports.
SPANS = tuple(map(QuarterSpan.parse, ("2012q1..2013q1", "2018q4..2020q4")))

STEPS = "select part, step, kind, unit, n from {}.attrition"
FATES = "select quarter, fate, n_rows from {}.{}"


@dataclass(frozen=True)
class Shown:
    """What a run shows, and the truth of its archives."""

    truth: Path
    steps: pd.DataFrame
    fates: pd.DataFrame
    duplicates: frozenset[int]

    @property
    def figures(self) -> tuple[Figures, Figures]:
        """Attrition and row fates beside the truth."""
        return (
            compare_attrition(self.truth, self.steps, self.duplicates),
            compare_row_fates(self.truth, self.fates, self.duplicates),
        )


def _assert_as_planned(figures: Figures, *, least: int) -> None:
    differing = figures.differing
    assert differing.empty, (
        f"{len(differing)} differ:\n{differing.to_string()}\n\n"
        f"all figures:\n{figures.table.to_string()}"
    )
    assert len(figures.table) >= least


# --- archives without defects, as published -----------------------------------------


@pytest.fixture(scope="module")
def shown(published: Published) -> Shown:
    with duckdb.connect(str(published.result.database), read_only=True) as con:
        rows = con.execute("select distinct caseid from api.duplicates").fetchall()
        return Shown(
            published.truth,
            con.execute(STEPS.format("api")).df(),
            con.execute(FATES.format("api", "row_fates")).df(),
            frozenset(caseid for (caseid,) in rows),
        )


def test_every_figure_of_the_attrition_is_as_planned(shown: Shown) -> None:
    attrition, _ = shown.figures
    _assert_as_planned(attrition, least=38)


def test_every_fate_of_a_quarters_rows_is_as_planned(shown: Shown) -> None:
    _, fates = shown.figures
    _assert_as_planned(fates, least=15)


def test_the_truth_files_hold_the_planted_duplicates(shown: Shown) -> None:
    fates = Fates.read(shown.truth)
    planned = pd.read_csv(shown.truth / "attrition.csv", keep_default_na=False)
    (n,) = planned.loc[
        planned["step"].str.startswith("suspected duplicate of"), "n"
    ].tolist()
    pairs = pd.read_csv(shown.truth / "duplicates.csv")
    pairs = pairs[pairs["is_duplicate"]]
    larger = pairs[["caseid", "other_caseid"]].max(axis=1)
    assert fates.duplicates == set(larger)
    assert n == len(fates.duplicates)
    # The planted figures would not do for what the model finds.
    assert shown.duplicates != fates.duplicates


@pytest.mark.parametrize("name", ["steps", "fates"])
def test_one_report_more_or_less_is_seen(shown: Shown, name: str) -> None:
    table = getattr(shown, name)
    number = table.columns[-1]
    for row in table.index:
        changed = table.copy()
        changed.loc[row, number] += 1
        figures = replace(shown, **{name: changed}).figures[name == "fates"]
        assert len(figures.differing) == 1


def test_a_step_that_is_missing_is_seen(shown: Shown) -> None:
    attrition, _ = replace(shown, steps=shown.steps.iloc[1:]).figures
    assert attrition.differing["found"].tolist() == [-1]


# --- archives with every defect -------------------------------------------------------


@pytest.fixture(scope="module", params=SPANS, ids=str)
def defective(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Shown:
    """What the warehouse of archives with every defect shows."""
    folder = tmp_path_factory.mktemp("attrition")
    made = simulate.simulate(
        folder / "archives",
        span=request.param,
        n_reports=4_500,
        seed=5,
        defects=DEFECTS,
    )
    settings = Settings(data_dir=folder / "data", mirror=str(made.archives[0].parent))
    pipeline.land(settings)
    inputs = pipeline.identify(
        settings, load_analysis(), staged=pipeline.stage(settings)
    )
    pipeline.build(settings, inputs)
    with warehouse.connect(settings.warehouse_path) as con:
        rows = con.execute("select caseid from cases.suspected_duplicate").fetchall()
        return Shown(
            made.truth,
            con.execute(STEPS.format("counts")).df(),
            con.execute(FATES.format("counts", "row_fate")).df(),
            frozenset(caseid for (caseid,) in rows),
        )


def test_every_figure_is_as_planned_with_every_defect(defective: Shown) -> None:
    attrition, fates = defective.figures
    _assert_as_planned(attrition, least=38)
    _assert_as_planned(fates, least=25)


def test_defects_take_rows_and_reports_out(defective: Shown) -> None:
    n_of = dict(zip(defective.steps["step"], defective.steps["n"], strict=False))
    assert n_of["repeat the key of another row of the quarter"] > 0
    assert n_of["without a named drug or a reaction"] > 0
