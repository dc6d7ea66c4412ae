"""`make bench-archive` on a few reports: it goes on where it was and compares caches."""

import copy
import json
from pathlib import Path

import pytest

from bench import bench_archive, stages
from bench.bench_archive import Figures, goals, growth, same, table
from pvsignal import simulate
from pvsignal.quarter import QuarterSpan
from tests.analyses import FEW, FEW_LISTS, write_analysis


def test_a_further_quarter_and_all_anew_publish_the_same(
    archives: simulate.Simulated,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Archives are those of another test: they are there, so they are not made."""
    (tmp_path / "archives").symlink_to(archives.archives[0].parent)
    file = write_analysis(tmp_path / "few", FEW_LISTS, FEW)
    monkeypatch.setenv("PVSIGNAL_ANALYSIS", str(file))
    where = ["--dir", str(tmp_path), "--quarters", "2019q1..2019q3", "--one-process"]
    bench_archive.main([*where, "--parts", "simulate,base,further,anew,queries"])
    found = json.loads((tmp_path / "figures.json").read_text("utf-8"))
    assert same(found) == []
    for part in ("base", "further", "anew"):
        steps = bench_archive.steps_of(found[part])
        assert [step.name for step in steps] == list(stages.ALL)
        assert all(step.seconds > 0 and step.peak_gb > 0 for step in steps)
    assert found["base"]["n_demo"] < found["further"]["n_demo"]
    assert found["further"]["n_demo"] == found["anew"]["n_demo"]
    assert found["anew"]["disk_gb"]["warehouse"] > 0
    shown = capsys.readouterr().out
    assert "further: peak" in shown and "api.case_listing" in shown

    # All is done: another call only prints, also for a part that is asked for again.
    before = (tmp_path / "figures.json").read_bytes()
    bench_archive.main([*where, "--parts", "further"])
    assert (tmp_path / "figures.json").read_bytes() == before


def _part(seconds: float, n_demo: int, **content: str) -> dict[str, object]:
    step = {"name": "land", "seconds": seconds, "peak_gb": 2.0, "n_rows": None}
    return {
        "land": {"steps": [step, step | {"name": "stage"}], "spilled_gb": 0.5},
        "n_demo": n_demo,
        "published": {"run": "r", "inputs": "i", "content": content},
    }


def test_a_table_that_a_cache_changed_is_named() -> None:
    found = {"further": _part(1, 1, a="1:f"), "anew": _part(1, 1, a="1:f")}
    assert same(found) == []
    other = copy.deepcopy(found)
    other["anew"]["published"]["content"] = {"a": "2:f", "b": "1:0"}
    other["anew"]["published"]["run"] = "other"
    assert same(other) == ["run", "a", "b"]
    assert same({"further": found["further"]}) == []


def test_growth_is_seconds_a_row_of_all_quarters_over_those_of_ten() -> None:
    said = growth(_part(10, 1_000), _part(45, 6_000))
    assert said.endswith(
        "6.00 times the rows of DEMO take 4.50 times as long, 0.75 a row"
    )


def test_a_goal_that_is_missed_is_said() -> None:
    found = {"anew": _part(601, 1_000), "further": _part(239, 1_000)}
    lines = goals(found)
    assert "anew: 20.0 min MISSED: at most 20" in lines
    assert "further: 8.0 min" in lines
    assert "anew: peak 2.0 GB" in lines


def test_a_part_of_several_stages_has_a_line_for_all_of_them() -> None:
    *_, line = table({"anew": _part(60, 1_000)}).splitlines()
    assert line.split() == ["anew", "all", "2.00", "0.00", "2.00", "0.50"]


def test_work_that_is_done_is_not_done_again(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    assert Figures.read(file).once("anew", "land", lambda: 1) == 1
    assert Figures.read(file).once("anew", "land", lambda: 2) == 1
    assert Figures.read(file).once("anew", "stage", lambda: 2) == 2


def test_ten_quarters_are_the_last_ten_and_all_but_one_lack_the_last() -> None:
    span = QuarterSpan.parse("2004q1..2026q2")
    plan = bench_archive.Plan(Path("x"), 1, span, 0.03, 2, False)
    assert str(plan.last_ten) == "2024q1..2026q2"
    assert str(plan.before_last) == "2004q1..2026q1"
    assert [name for group in plan.groups for name in group] == list(stages.ALL)


def test_temporary_files_count_as_spilled(tmp_path: Path) -> None:
    for name in ("warehouse.duckdb.tmp", "published/.tmp-x", "staged"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "file").write_bytes(b"x" * 100)
    spilled = bench_archive.Spilled(tmp_path)
    spilled.look()
    assert spilled.most_bytes == 200
