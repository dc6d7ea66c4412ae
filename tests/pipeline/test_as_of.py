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
