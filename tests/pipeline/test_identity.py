"""The same inputs give the same run, whenever, wherever and in whatever order."""

import json
from pathlib import Path
from typing import Any

import pytest

from pvsignal import pipeline
from pvsignal.analysis import load_analysis
from pvsignal.errors import UsageError
from pvsignal.quarter import Quarter, QuarterSpan
from pvsignal.query import run_query
from pvsignal.settings import Settings
from pvsignal.signals.ledger import read_ledger
from tests.pipeline.conftest import Published


def _snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(file.relative_to(folder)): (file.stat().st_mtime_ns, file.stat().st_size)
        for file in folder.rglob("*")
        if file.is_file() and file.name != "run.lock"
    }


def _stamp(result: pipeline.Published) -> dict[str, Any]:
    stamp: dict[str, Any] = json.loads(
        result.database.with_suffix(".json").read_text("utf-8")
    )
    del stamp["started"]
    return stamp


def test_a_second_run_writes_nothing(published: Published) -> None:
    before = _snapshot(published.settings.data_dir)
    again = pipeline.run(published.settings, load_analysis())
    assert not again.is_new
    assert again.run == published.result.run
    assert _snapshot(published.settings.data_dir) == before


def test_quarters_that_land_one_by_one_backwards_give_the_same_run(
    published: Published, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path / "data", mirror=str(published.archives))
    for quarter in ("2019q3", "2018q4", "2019q2", "2018q3"):
        pipeline.land(settings, span=QuarterSpan.parse(quarter))
        pipeline.stage(settings, span=QuarterSpan.parse(quarter))
    result = pipeline.run(settings, load_analysis())
    assert result.run == published.result.run
    assert _stamp(result) == _stamp(published.result)
    assert result.report.read_bytes() == published.result.report.read_bytes()


@pytest.mark.parametrize("threads", [1, 3])
def test_the_number_of_threads_changes_nothing(
    published: Published, tmp_path: Path, threads: int
) -> None:
    settings = Settings(
        data_dir=tmp_path / "data", mirror=str(published.archives), threads=threads
    )
    result = pipeline.run(settings, load_analysis())
    assert result.run == published.result.run
    assert _stamp(result) == _stamp(published.result)


def test_a_run_as_of_an_earlier_quarter_moves_neither_ledger_nor_pointer(
    data: Settings,
) -> None:
    name = load_analysis().name
    ledger = data.ledger_path(name)
    pointer = data.published_dir(name) / "current.json"
    before = ledger.read_bytes(), pointer.read_bytes()
    earlier = pipeline.run(data, load_analysis(), as_of=Quarter.parse("2019q1"))
    assert earlier.as_of == "2019q1"
    assert not earlier.is_current
    assert (ledger.read_bytes(), pointer.read_bytes()) == before


def test_a_run_that_was_cut_before_the_pointer_moved_is_brought_to_its_end(
    data: Settings,
) -> None:
    name = load_analysis().name
    folder = data.published_dir(name)
    (folder / "current.json").unlink()
    (folder / "current.duckdb").unlink()
    for file in data.ledger_path(name).parent.iterdir():
        file.unlink()
    result = pipeline.run(data, load_analysis())
    assert not result.is_new
    assert (folder / "current.duckdb").resolve() == result.database.resolve()
    assert len(read_ledger(data.ledger_path(name))) > 1


def test_a_published_run_whose_files_are_gone_is_made_again(
    data: Settings,
) -> None:
    found = pipeline.run(data, load_analysis())
    assert not found.is_new
    found.report.unlink()
    again = pipeline.run(data, load_analysis())
    assert again.is_new
    assert again.report.exists()


def test_a_partial_run_and_a_whole_one_are_two_files(
    published: Published, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path / "data", mirror=str(published.archives))
    partial = pipeline.run(settings, load_analysis(), as_of=Quarter.parse("2019q3"))
    whole = pipeline.run(settings, load_analysis())
    assert partial.database.exists()
    assert partial.database != whole.database
    assert not partial.is_current
    assert whole.is_current


def test_as_of_outside_the_held_quarters_is_refused(published: Published) -> None:
    with pytest.raises(UsageError, match="2018q3 to 2019q3"):
        pipeline.run(published.settings, load_analysis(), as_of=Quarter.parse("2030q1"))


def test_names_of_later_quarters_are_not_among_the_unmatched(
    data: Settings, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path / "cut", mirror=data.mirror)
    pipeline.run(settings, load_analysis(), span=QuarterSpan.parse("2018q3"))
    alone = settings.published_dir(load_analysis().name)
    early = pipeline.run(data, load_analysis(), as_of=Quarter.parse("2018q3"))
    ask = "from api.unmatched_names order by all"
    files = (next(alone.glob("*.duckdb")), early.database)
    first, second = (run_query(f, ask, timeout_seconds=60) for f in files)
    assert first.to_pylist() == second.to_pylist()
