"""What a user gets wrong is one line on stderr and the exit code of its class."""

import json
import re
from functools import partial
from pathlib import Path

import pytest

from pvsignal import cli
from pvsignal import simulate as simulator
from pvsignal.errors import UsageError
from pvsignal.quarter import Quarter
from pvsignal.settings import Settings
from pvsignal.sources import manifest


@pytest.fixture(autouse=True)
def _folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str
) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.argv", ["pvsignal", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    printed = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return ended.value.code, printed.out, printed.err


def _one_line(err: str) -> str:
    assert len(err.splitlines()) == 1, err
    assert err.startswith("pvsignal: ")
    return err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nosuch"], "nosuch"),
        (["sql"], "query"),
        (["sql", "select 1", "--format", "xml"], "xml"),
        (["sql", "select 1", "--timeout", "0"], "timeout"),
        (["sql", "select 1", "--nosuch"], "--nosuch"),
        (["stage", "--quarters", "2019"], "2019"),
        (["run", "--mirror"], "--mirror"),
        (["simulate", "sim", "--defects", "glued,null_case"], "(glued)"),
        (["simulate", "sim", "--scenes", "term_drift,fog"], "(fog)"),
        (["simulate", "sim", "--ms-share", "1.5"], "--ms-share 1.5"),
        (["sql", "select 1"], "run 'pvsignal run' first"),
        (["evaluate", "--seeds", "0"], "seeds"),
        (["evaluate", "--null-seeds", "-1"], "null-seeds"),
        (["evaluate", "--processes", "0"], "processes"),
        (["evaluate", "--reports", "100"], "reports"),
        (["evaluate", "--quarters", "2020q4..2020q1"], "ends before it begins"),
        (["evaluate", "--page", "nosuch.md"], "nosuch.md is no file"),
        (["evaluate", "--json", "nosuch/x.json"], "--json nosuch/x.json lies in no"),
        (["evaluate", "--scene-seeds", "-1"], "scene-seeds"),
        (["evaluate", "--analysis", "jak_inhibitors"], "scores no MS therapy"),
    ],
)
def test_a_command_that_cannot_be_honoured_is_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    said: str,
) -> None:
    code, out, err = _run(monkeypatch, capsys, *words)
    assert code == 2
    assert out == ""
    assert said in _one_line(err)


def test_a_page_without_the_marks_is_refused_before_anything_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- evaluation: end -->\n<!-- evaluation: start -->\n")
    code, out, err = _run(monkeypatch, capsys, "evaluate", "--page", str(page))
    assert (code, out) == (2, "")
    assert "does not hold" in _one_line(err)
    assert page.read_text().startswith("<!-- evaluation: end")


@pytest.mark.parametrize(("most", "n_lines"), [(500, 2), (600, 1)])
def test_simulating_several_cohorts_says_that_fates_are_missing(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    most: int,
    n_lines: int,
) -> None:
    smaller = partial(simulator.simulate, most_in_cohort=most)
    monkeypatch.setattr(simulator, "simulate", smaller)
    words = ["--quarters", "2024q1..2024q2", "--reports", "600"]
    code, out, err = _run(monkeypatch, capsys, "simulate", str(tmp_path), *words)
    said = [line for line in err.splitlines() if "truth" in line]
    assert (code, out, len(said)) == (0, "", n_lines)
    assert ("no attrition" in err) == (n_lines == 2)


@pytest.mark.parametrize(
    "words", [[], ["--help"], ["sql", "--help"], ["evaluate", "--help"]]
)
def test_help_is_printed_and_is_no_failure(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
) -> None:
    code, out, err = _run(monkeypatch, capsys, *words)
    assert code == 0
    assert "Usage" in out
    assert err == ""


@pytest.mark.parametrize("command", ["run", "land", "stage", "status"])
def test_a_data_directory_that_is_a_file_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    code, _, err = _run(monkeypatch, capsys, command, "--data-dir", str(file))
    assert code == 2
    assert str(file) in _one_line(err)


def test_a_data_directory_below_a_file_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("x")
    code, _, err = _run(monkeypatch, capsys, "stage", "--data-dir", "file/data")
    assert code == 2
    assert "file" in _one_line(err)


@pytest.mark.parametrize(
    ("content", "said"),
    [("data_dir = [", "TOML"), ("nosuch = 1", "nosuch"), ("threads = 0", "threads")],
)
def test_a_settings_file_that_is_not_valid_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    content: str,
    said: str,
) -> None:
    (tmp_path / "pvsignal.toml").write_text(content)
    code, _, err = _run(monkeypatch, capsys, "status")
    assert code == 2
    assert "pvsignal.toml" in _one_line(err)
    assert said in err


@pytest.mark.parametrize("text", ["foo", "8", "-1GB", "0GB", "0%", "150%", ""])
def test_what_is_no_amount_of_memory_is_refused(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("PVSIGNAL_MEMORY_LIMIT", text)
    with pytest.raises(UsageError, match=r"memory_limit.*8GB or 80%"):
        Settings.read()


@pytest.mark.parametrize("text", ["8GB", "80%", "1.5GiB", "500 mb"])
def test_an_amount_of_memory_is_taken_as_duckdb_writes_it(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("PVSIGNAL_MEMORY_LIMIT", text)
    assert Settings.read().memory_limit == text


@pytest.mark.parametrize("content", ["", "[]", '{"2019q1": 1}'])
@pytest.mark.parametrize("command", ["build", "status"])
def test_a_broken_manifest_of_staged_quarters_is_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    content: str,
    command: str,
) -> None:
    file = tmp_path / "data" / "staged" / "manifest.json"
    file.parent.mkdir(parents=True)
    file.write_text(content)
    code, _, err = _run(monkeypatch, capsys, command)
    assert code == 2
    assert re.search(r"manifest\.json .*delete it .*stage' again", _one_line(err))


def test_an_output_that_cannot_be_written_is_named_before_the_query(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "warehouse.duckdb").write_text("no database")
    for output in ("nosuch/x.csv", "data"):
        words = ["sql", "select 1", "--warehouse", "--output", output]
        code, _, err = _run(monkeypatch, capsys, *words)
        assert code == 2
        assert "--output" in _one_line(err)
    code, _, err = _run(monkeypatch, capsys, "sql", "select 1", "--warehouse")
    assert code == 2
    assert "warehouse.duckdb" in _one_line(err)


def test_quarters_of_the_span_that_are_not_held_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = manifest.Archive(
        Quarter(2019, 2), "faers_ascii_2019Q2.zip", "u", "0" * 64, 1, "2026-01-01"
    )
    manifest.write_manifest(tmp_path, {archive.quarter: archive})
    settings = Settings(data_dir=tmp_path)
    cli._tell_not_held(settings, "2018q4..2019q3")
    cli._tell_not_held(settings, "2019q2")
    cli._tell_not_held(settings, None)
    assert capsys.readouterr().err.splitlines() == [
        "note: 3 of the 4 quarters of 2018q4..2019q3 are not held: "
        "2018q4..2019q1, 2019q3"
    ]


def test_a_message_of_several_lines_is_folded(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli._fail("Parser Error: x\n\nLINE 1: selec 1\n        ^", 2) == 2
    assert capsys.readouterr().err == "pvsignal: Parser Error: x LINE 1: selec 1\n"


def test_the_status_of_an_empty_folder_is_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = _run(monkeypatch, capsys, "status", "--format", "json")
    assert code == 0
    assert json.loads(out)["held"] == []
