"""All 90 quarters with all defects: no line and no row is unexplained."""

from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from pvsignal import pipeline, simulate
from pvsignal.layout import TABLES
from pvsignal.quarter import QuarterSpan
from pvsignal.settings import Settings

SPAN = QuarterSpan.parse("2004q1..2026q2")
MOVEMENTS = ["staged", "lines", "splits", "joins", "blank", "rejected"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> simulate.Simulated:
    return simulate.simulate(
        tmp_path_factory.mktemp("rehearsal"),
        span=SPAN,
        n_reports=8_000,
        seed=4,
        defects=tuple(simulate.DEFECTS),
    )


@pytest.fixture(scope="module")
def staged(
    made: simulate.Simulated, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """Staged folder of each quarter, by land and stage."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("data") / "data",
        mirror=str(made.archives[0].parent),
    )
    landed = pipeline.land(settings)
    assert [one.quarter for one in landed.archives] == list(SPAN)
    done = pipeline.stage(settings)
    return {
        str(archive.quarter): settings.staged_dir / str(archive.quarter) / key
        for archive, key in zip(done.archives, done.keys, strict=True)
    }


def _truth(made: simulate.Simulated, name: str) -> pd.DataFrame:
    return pd.read_csv(made.truth / f"{name}.csv", keep_default_na=False)


def _accounts(staged: dict[str, Path]) -> pd.DataFrame:
    """Accounting of all quarters, members named as in the truth."""
    found = pd.concat(
        pq.read_table(folder / "accounting.parquet").to_pandas()
        for folder in staged.values()
    )
    is_table = found["table_name"].isin(TABLES)
    found["truth_member"] = found["table_name"].where(is_table, found["member"])
    return found.rename(columns={"physical_lines": "lines", "blank_lines": "blank"})


def test_every_line_of_ninety_quarters_is_accounted_for_as_the_truth_has_it(
    made: simulate.Simulated, staged: dict[str, Path]
) -> None:
    truth = _truth(made, "counts").rename(columns={"rows": "staged"})
    found = _accounts(staged)
    left = found.set_index(["quarter", "truth_member"])[MOVEMENTS].sort_index()
    right = truth.set_index(["quarter", "member"])[MOVEMENTS].sort_index()
    differing = [
        (key, a, b)
        for key, a, b in zip(left.index, left.values, right.values, strict=True)
        if list(a) != list(b)
    ]
    assert left.index.tolist() == right.index.tolist()
    assert differing == []
    expected = (
        found["lines"]
        - found["header_lines"]
        - found["blank"]
        + found["splits"]
        - found["joins"]
    )
    assert (expected == found["staged"] + found["rejected"]).all()


def test_every_movement_of_a_line_is_explained_by_a_defect(
    made: simulate.Simulated, staged: dict[str, Path]
) -> None:
    counts = ["n_splits", "n_joins", "n_blank", "n_rejected"]
    defects = _truth(made, "defects")
    defects = defects[~defects["defect"].isin(["stray_members", "deeper_copy"])]
    explained = defects.groupby(["quarter", "member"])[counts].sum()
    found = _accounts(staged).set_index(["quarter", "member"])
    explained = explained.reindex(found.index, fill_value=0)
    for name in counts:
        assert (explained[name] == found[name.removeprefix("n_")]).all(), name


def test_rejects_are_the_lines_that_were_broken_beyond_repair_byte_by_byte(
    made: simulate.Simulated, staged: dict[str, Path]
) -> None:
    defects = _truth(made, "defects")
    defects = defects[defects["n_rejected"] > 0]
    assert set(defects["defect"]) == {"delimiter_in_value", "unrepairable"}
    archives = dict(zip(map(str, SPAN), made.archives, strict=True))
    for quarter, folder in staged.items():
        own = defects[defects["quarter"] == quarter]
        expected = set()
        with zipfile.ZipFile(archives[quarter]) as archive:
            for row in own.itertuples():
                line = archive.read(row.member).split(b"\n")[row.line - 1]
                reason = row.expected.removeprefix("rejected: ")
                expected.add((row.member, row.line, reason, line.rstrip(b"\r")))
        rejected = pq.read_table(folder / "rejected.parquet").to_pylist()
        assert {
            (row["member"], row["line"], row["reason"], row["bytes"])
            for row in rejected
        } == expected
        assert len(rejected) == len(own)


def test_rows_of_each_staged_file_are_those_of_the_truth(
    made: simulate.Simulated, staged: dict[str, Path]
) -> None:
    truth = _truth(made, "counts")
    is_list = ~truth["member"].isin(TABLES)
    truth["file"] = truth["member"].mask(is_list, "deleted")
    expected = truth.groupby(["quarter", "file"])["rows"].sum().to_dict()
    found = {
        (quarter, file): pq.read_metadata(folder / f"{file}.parquet").num_rows
        for quarter, folder in staged.items()
        for file in (*TABLES, "deleted")
    }
    assert {key: n for key, n in found.items() if n or key in expected} == expected


def test_each_defect_is_written_in_every_kind_of_quarter_that_can_hold_it(
    made: simulate.Simulated,
) -> None:
    defects = _truth(made, "defects").groupby("defect")["quarter"].nunique()
    assert set(defects.index) == set(simulate.DEFECTS)
    possible = Counter(
        name
        for quarter in SPAN
        for name, one in simulate.DEFECTS.items()
        if one.fits(quarter)
    )
    few = {
        name: (int(defects[name]), possible[name])
        for name in simulate.DEFECTS
        if defects[name] < 0.9 * possible[name]
    }
    assert few == {}
