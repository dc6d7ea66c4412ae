"""History is what was knowable: a cut run equals a slice of the whole run.

But for EBGM: its prior is that of the latest quarter of a run, for all of the history.
A column ``prior_as_of`` says so, and the cells under that prior are the same.
"""

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from pvsignal import pipeline
from pvsignal.analysis import load_analysis
from pvsignal.quarter import Quarter
from pvsignal.settings import Settings
from pvsignal.stats import MgpsPrior
from tests.judged import assert_judged_as_then
from tests.pipeline.conftest import Published

CELLS = (
    "select comparator, drug, event_level, event, quarter, a, b, c, d, "
    "nullif(ror_low, 'nan') as ror_low "
    "from signals.statistic where variant = 'primary' and quarter = '{}' order by all"
)


# What else is known at each quarter; a shorter span has the same looks at it.
OVER_TIME = ("year_stratified", "surveillance_look")


def _over_time(file: Path, quarter: str) -> dict[str, list[tuple[object, ...]]]:
    with duckdb.connect(str(file), read_only=True) as con:
        return {
            name: con.execute(
                f"select * from signals.{name} where quarter = '{quarter}' order by all"
            ).fetchall()
            for name in OVER_TIME
        }


SCORED = (
    "select comparator, drug, event_level, event, quarter, a, expected, ebgm, eb05, "
    "eb95, prior_as_of from signals.statistic where variant = 'primary' and "
    "comparator = 'A' and event_level = 'pt' and quarter = '{}' order by all"
)
EBGM = ["ebgm", "eb05", "eb95"]


def _scored(file: Path, quarter: str) -> tuple[pd.DataFrame, MgpsPrior]:
    """Cells of preferred terms with EBGM, and the prior of the file."""
    with duckdb.connect(str(file), read_only=True) as con:
        theta = con.execute(
            "select alpha1, beta1, alpha2, beta2, p from api.priors "
            "where event_level = 'pt'"
        ).fetchall()[0]
        return con.execute(SCORED.format(quarter)).df(), MgpsPrior(*theta)


def _cells(file: Path, quarter: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(file), read_only=True) as con:
        return con.execute(CELLS.format(quarter)).fetchall()


def _assert_judged_as_then(whole: Published, cut: Path, quarter: str) -> None:
    """States, checks, classes and board of the cut run are the slice."""
    file = whole.result.database
    with (
        duckdb.connect(str(file), read_only=True) as then,
        duckdb.connect(str(cut), read_only=True) as now,
    ):
        assert_judged_as_then(then, now, quarter)


@pytest.mark.parametrize("quarter", ["2018q4", "2019q2"])
def test_a_run_as_of_a_quarter_equals_that_slice_of_the_whole_run(
    published: Published, tmp_path: Path, quarter: str
) -> None:
    settings = Settings(data_dir=tmp_path / "data", mirror=str(published.archives))
    cut = pipeline.run(settings, load_analysis(), as_of=Quarter.parse(quarter))
    whole = _cells(published.result.database, quarter)
    assert whole
    assert _cells(cut.database, quarter) == whole
    later = _over_time(published.result.database, quarter)
    assert all(later.values())
    assert _over_time(cut.database, quarter) == later
    _assert_judged_as_then(published, cut.database, quarter)

    of_cut, _ = _scored(cut.database, quarter)
    of_whole, prior = _scored(published.result.database, quarter)
    assert set(of_cut["prior_as_of"]) == {quarter}
    if quarter.endswith("q4"):
        # What differs is the prior: the cut run's cells under that of the whole run.
        assert set(of_whole["prior_as_of"]) == {"2019q3"}
        assert not np.allclose(of_cut["ebgm"], of_whole["ebgm"], rtol=1e-6)
        under = prior.score(of_cut["a"], of_cut["expected"])
        np.testing.assert_allclose(of_whole[EBGM], under, rtol=1e-12)
    else:
        # In the whole run this quarter is history, and no fourth one.
        assert of_whole[[*EBGM, "prior_as_of"]].isna().all(axis=None)
