from pathlib import Path

import pytest

from pvsignal.errors import CheckFailed
from pvsignal.signals import ledger


def _drafts(*runs: str) -> list[ledger.Draft]:
    return [ledger.Draft("run", run, "2024q1", {"n": 1}) for run in runs]


def test_records_come_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "ledger" / "a.jsonl"
    records = ledger.chain((), _drafts("x", "y"))
    ledger.append(path, records)
    assert ledger.read_ledger(path) == records
    assert ledger.head(records) == records[-1].hash


def test_appending_the_same_records_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    records = ledger.chain((), _drafts("x"))
    ledger.append(path, records)
    before = path.read_bytes()
    ledger.append(path, records)
    assert path.read_bytes() == before


@pytest.mark.parametrize("place", [0, 1])
def test_a_changed_record_breaks_the_chain(tmp_path: Path, place: int) -> None:
    path = tmp_path / "a.jsonl"
    ledger.append(path, ledger.chain((), _drafts("x", "y")))
    lines = path.read_text("utf-8").splitlines()
    lines[place] = lines[place].replace('"n": 1', '"n": 2')
    path.write_text("\n".join(lines) + "\n", "utf-8")
    with pytest.raises(CheckFailed, match=f"line {place + 1}"):
        ledger.read_ledger(path)


def test_a_removed_record_breaks_the_chain(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    ledger.append(path, ledger.chain((), _drafts("x", "y")))
    path.write_text(path.read_text("utf-8").splitlines()[1] + "\n", "utf-8")
    with pytest.raises(CheckFailed, match="hash chain"):
        ledger.read_ledger(path)


def test_a_run_that_built_on_an_older_head_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    ledger.append(path, ledger.chain((), _drafts("x")))
    with pytest.raises(CheckFailed, match="moved on"):
        ledger.append(path, ledger.chain((), _drafts("y")))
