"""Questions to the published file: read only, one statement, nothing left behind."""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pa_parquet
import pytest

from pvsignal.errors import UsageError
from pvsignal.query import run_query
from tests.pipeline.conftest import Published


def _ask(
    published: Published, sql: str, timeout: float = 60
) -> list[dict[str, object]]:
    table = run_query(published.result.database, sql, timeout_seconds=timeout)
    rows: list[dict[str, object]] = table.to_pylist()
    return rows


def test_a_select_and_an_explain_are_answered(published: Published) -> None:
    assert _ask(published, "select origin from api.runs") == [{"origin": "simulated"}]
    assert _ask(published, "explain select 1")


@pytest.mark.parametrize(
    "sql",
    [
        "create table x as select 1",
        "insert into api.signals select * from api.signals",
        "drop view api.signals",
        "update signals.run set run = 'x'",
        "select 1; select 2",
        "attach 'other.duckdb'",
        "copy (select 1) to 'out.csv'",
        "set memory_limit = '1TB'",
        "pragma database_list",
        "select * from read_csv('/etc/passwd')",
        "select * from '/etc/passwd'",
        "select content from read_text('/etc/hostname')",
        "install httpfs",
        "",
        "selec 1",
    ],
)
def test_what_writes_or_reads_outside_is_refused(
    published: Published, sql: str
) -> None:
    with pytest.raises(UsageError):
        _ask(published, sql)


def test_a_query_that_takes_too_long_is_stopped(published: Published) -> None:
    endless = "select sum(a.range * b.range) from range(1000000) a, range(1000000) b"
    with pytest.raises(UsageError, match="longer than"):
        _ask(published, endless, timeout=0.5)


def test_nothing_is_left_beside_the_published_file(published: Published) -> None:
    folder = published.result.database.parent
    before = sorted(folder.iterdir())
    stamp = published.result.database.stat().st_mtime_ns
    _ask(published, "select * from api.signals order by random() limit 5")
    assert sorted(folder.iterdir()) == before
    assert published.result.database.stat().st_mtime_ns == stamp


def _cli(published: Published, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [
        sys.executable,
        "-m",
        "pvsignal",
        *arguments,
        "--data-dir",
        str(published.settings.data_dir),
    ]
    return subprocess.run(command, capture_output=True, check=False, timeout=120)


def test_every_format_carries_the_same_rows(
    published: Published, tmp_path: Path
) -> None:
    sql = "select run, as_of from api.runs"
    run = published.result.run
    answers = {
        form: _cli(published, "sql", sql, "--format", form)
        for form in ("table", "csv", "json")
    }
    assert all(answer.returncode == 0 for answer in answers.values())
    assert run in answers["table"].stdout.decode()
    assert answers["csv"].stdout.decode().splitlines()[1] == f'"{run}","2019q3"'
    assert json.loads(answers["json"].stdout) == [{"run": run, "as_of": "2019q3"}]
    file = tmp_path / "x.parquet"
    _cli(published, "sql", sql, "--format", "parquet", "--output", str(file))
    assert pa_parquet.read_table(file).to_pylist() == [{"run": run, "as_of": "2019q3"}]


def test_the_warehouse_can_be_asked_too_and_reads_its_staged_files(
    published: Published,
) -> None:
    answer = _cli(
        published,
        "sql",
        "select count(*) as n from staged.demo",
        "--warehouse",
        "--format",
        "json",
    )
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)[0]["n"] > 2_000
    outside = _cli(
        published, "sql", "select * from read_csv('/etc/passwd')", "--warehouse"
    )
    assert outside.returncode == 2


def test_a_refused_query_is_one_line_and_exit_code_two(published: Published) -> None:
    answer = _cli(published, "sql", "drop view api.signals")
    assert answer.returncode == 2
    assert len(answer.stderr.decode().strip().splitlines()) == 1


def test_status_tells_what_is_held_published_and_stale(published: Published) -> None:
    answer = _cli(published, "status", "--format", "json")
    state = json.loads(answer.stdout)
    assert state["origin"] == "simulated"
    assert state["held"] == ["2018q3", "2018q4", "2019q1", "2019q2", "2019q3"]
    assert state["missing"] == []
    assert state["is_stale"]
    assert state["published"]["run"] == published.result.run
