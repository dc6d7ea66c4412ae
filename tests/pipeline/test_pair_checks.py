"""Checks of professionals, age and sex, onset and markers on a whole run."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator

import duckdb
import pyarrow as pa
import pytest

from pvsignal import warehouse
from pvsignal.pipeline.judging.age_sex import check_age_sex
from pvsignal.pipeline.judging.early_onset import check_onset
from pvsignal.pipeline.judging.markers import check_markers
from pvsignal.pipeline.judging.professionals import check_professionals
from pvsignal.signals.wording import refusals
from tests.pipeline.conftest import Published

CHECKS: dict[str, Callable[[warehouse.Connection], pa.Table]] = {
    "professionals": check_professionals,
    "age_sex": check_age_sex,
    "onset": check_onset,
    "markers": check_markers,
}
COLUMNS = [
    *("drug", "event", "quarter_no", "check_id"),
    *("outcome", "value", "of_n", "words"),
]


@pytest.fixture(scope="module")
def widened(
    published: Published, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Warehouse of the run with every pair that has a report on the board."""
    copy = tmp_path_factory.mktemp("widened") / "warehouse.duckdb"
    shutil.copy(published.settings.warehouse_path, copy)
    with warehouse.connect(copy) as con:
        con.execute("update signals.screened set is_screened = a >= 1")
        yield con


@pytest.fixture(scope="module")
def checked(widened: duckdb.DuckDBPyConnection) -> dict[str, pa.Table]:
    return {name: check(widened) for name, check in CHECKS.items()}


@pytest.mark.parametrize("name", CHECKS)
def test_every_row_of_the_board_has_one_row_of_the_check(
    widened: duckdb.DuckDBPyConnection, checked: dict[str, pa.Table], name: str
) -> None:
    rows = warehouse.query_frame(
        widened,
        "select drug, event, quarter_no from signals.screened where is_screened",
    )
    table = checked[name]
    assert table.column_names == COLUMNS
    found = table.select(COLUMNS[:3]).to_pylist()
    expected = rows.to_dict("records")
    assert sorted(map(str, found)) == sorted(map(str, expected))
    assert len(found) > 100
    assert set(table["outcome"].to_pylist()) <= {"passes", "fails", "not applicable"}
    assert {str(table.schema.field(c).type) for c in ("value", "of_n")} == {
        "double",
        "int64",
    }
    for row in table.to_pylist():
        assert row["words"]
        assert not refusals(row["words"])
        assert row["value"] is None or not math.isnan(row["value"])


def test_at_the_latest_quarter_age_and_sex_give_the_published_ratio(
    widened: duckdb.DuckDBPyConnection, checked: dict[str, pa.Table]
) -> None:
    adjusted = warehouse.query_frame(
        widened,
        "select adjusted.drug, adjusted.event, statistic.quarter_no, adjusted.sex, "
        "adjusted.ror_age_sex from signals.adjusted as adjusted "
        "inner join signals.statistic as statistic "
        "using (comparator, drug, event_level, event) where comparator = 'A' "
        "and statistic.variant = 'primary' and statistic.is_latest",
    )
    rows = checked["age_sex"].to_pandas().merge(adjusted)
    rows = rows[rows["outcome"] != "not applicable"]
    assert len(rows) > 10
    assert rows["value"].tolist() == pytest.approx(rows["ror_age_sex"].tolist())


def test_at_the_latest_quarter_onset_gives_the_published_share(
    widened: duckdb.DuckDBPyConnection, checked: dict[str, pa.Table]
) -> None:
    onsets = warehouse.query_frame(
        widened,
        "select onset.drug, onset.event, statistic.quarter_no, onset.n_dated, "
        "onset.n_uncertain_90, onset.share_under_90 from signals.onset as onset "
        "inner join signals.statistic as statistic "
        "using (drug, event_level, event) where comparator = 'A' "
        "and statistic.variant = 'primary' and statistic.is_latest",
    )
    rows = checked["onset"].to_pandas().merge(onsets)
    n_known = (rows["n_dated"] - rows["n_uncertain_90"]).tolist()
    assert len(rows) > 100
    assert rows["of_n"].tolist() == n_known
    rows = rows[rows["outcome"] != "not applicable"]
    assert len(rows) > 1
    assert rows["value"].tolist() == pytest.approx(rows["share_under_90"].tolist())


def test_at_the_latest_quarter_professionals_give_the_table_of_their_variant(
    widened: duckdb.DuckDBPyConnection, checked: dict[str, pa.Table]
) -> None:
    variant = warehouse.query_frame(
        widened,
        "select drug, event, quarter_no, a, ror from signals.statistic "
        "where variant = 'hcp' and comparator = 'A' and is_latest",
    )
    rows = checked["professionals"].to_pandas().merge(variant)
    assert len(rows) > 20
    assert rows["of_n"].tolist() == rows["a"].tolist()
    rows = rows[rows["of_n"] > 0]
    assert rows["value"].tolist() == pytest.approx(rows["ror"].tolist())
