"""`make bench` on a few reports: every line is measured beside a floor."""

import json
import math
from pathlib import Path

import pytest

from bench import bench_suite, stages
from bench.bench_suite import Floor, Line
from tests.analyses import FEW, FEW_LISTS, write_analysis

QUERIES = [
    *("api.two_by_two", "api.case_listing", "api.timeline", "api.source_rows"),
    *("comparators that disagree", "the board"),
]


def test_every_stage_and_query_has_a_line_with_finite_ratios(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    analysis = write_analysis(tmp_path / "few", FEW_LISTS, FEW)
    monkeypatch.setenv("PVSIGNAL_ANALYSIS", str(analysis))
    file = tmp_path / "bench.json"
    size = ["--reports", "2500", "--quarters", "2018q3..2019q3"]
    bench_suite.main([*size, "--dir", str(tmp_path), "--json", str(file)])
    found = json.loads(file.read_text("utf-8"))
    names = [stages.SIMULATE, *stages.ALL, *QUERIES]
    assert [line["name"] for line in found["lines"]] == names
    for line in found["lines"]:
        assert math.isfinite(line["ratio"]) and line["ratio"] > 0, line
        assert 0 < line["peak_gb"] < 4, line
        # No two comparators need disagree in so few reports.
        if line["name"] not in (stages.LAND, "comparators that disagree"):
            assert line["n_rows"] > 0, line
        if line["name"] in QUERIES:
            assert line["engine_seconds"] < line["longest_seconds"]
            assert line["seconds"] <= line["longest_seconds"]
    shown = capsys.readouterr().out
    assert all(name in shown for name in names)
    assert found["machine"]["cores"] >= 1


def test_the_ratio_is_to_the_first_floor_and_each_floor_has_a_row() -> None:
    floors = (Floor("parse", 2.0), Floor("count", 0.5))
    line = Line("stage", 6.0, 0.5, 3_000, floors)
    assert (line.ratio, line.rows_per_second) == (3.0, 500.0)
    _, first, second = bench_suite.table([line]).splitlines()
    assert first.split() == [
        *("stage", "3,000", "6.000", "500", "0.50"),
        *("parse", "2.000", "3.0"),
    ]
    assert second.split() == ["count", "0.500", "12.0"]
