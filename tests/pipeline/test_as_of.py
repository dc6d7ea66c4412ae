"""History is what was knowable: a cut run equals a slice of the whole run."""

from pathlib import Path

import duckdb
import pytest

from pvsignal import pipeline
from pvsignal.analysis import load_analysis
from pvsignal.quarter import Quarter
from pvsignal.settings import Settings
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


def _cells(file: Path, quarter: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(file), read_only=True) as con:
        return con.execute(CELLS.format(quarter)).fetchall()


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
