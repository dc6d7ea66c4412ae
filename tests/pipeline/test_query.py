"""Questions to the published file: read only, one statement, nothing left behind."""

import csv
import io
import json
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pa_parquet
import pytest

from pvsignal.errors import UsageError
from pvsignal.query import open_query, run_query, write_csv, write_json, write_parquet
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
        "explain analyze copy (select 1) to 'out.csv'",
        "explain (analyze) create table x as select 1",
        "explain",
        "attach 'other.duckdb'",
        "copy (select 1) to 'out.csv'",
        "set memory_limit = '1TB'",
        "pragma database_list",
        "pragma memory_limit = '1TB'",
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


def test_the_time_is_bounded_while_rows_are_fetched_too(published: Published) -> None:
    huge = "select range, random() as x from range(2000000000)"
    began = time.monotonic()
    n_rows = 0
    with (
        pytest.raises(UsageError, match="longer than 1 seconds"),
        open_query(published.result.database, huge, timeout_seconds=1) as answer,
    ):
        for batch in answer.batches:
            n_rows += batch.num_rows
            assert batch.num_rows <= 1_000_000
    assert n_rows > 0
    assert time.monotonic() - began < 20


def test_an_explain_may_be_analysed_and_formatted(published: Published) -> None:
    assert _ask(published, "explain analyze select 1")
    assert _ask(published, "EXPLAIN (format json) select 1")


def test_two_columns_of_one_name_are_refused(published: Published) -> None:
    with pytest.raises(UsageError, match="two columns are called a; name them apart"):
        _ask(published, "select 1 as a, 2 as a")


def _json(published: Published, sql: str) -> list[dict[str, object]]:
    sink = io.BytesIO()
    with open_query(published.result.database, sql, timeout_seconds=60) as answer:
        write_json(answer, sink)
    rows: list[dict[str, object]] = json.loads(sink.getvalue())
    return rows


def _csv(published: Published, sql: str) -> list[dict[str, str]]:
    sink = io.BytesIO()
    with open_query(published.result.database, sql, timeout_seconds=60) as answer:
        write_csv(answer, sink)
    return list(csv.DictReader(io.StringIO(sink.getvalue().decode())))


ALL_TYPES = """
    select
        date '2020-01-31' as a_date,
        timestamp '2020-01-31 01:02:03' as a_time,
        1.50::decimal(10, 2) as a_decimal,
        sum(9007199254740993) as a_sum,
        'ab\\xFF'::blob as a_blob,
        interval 3 month as an_interval,
        '101'::bit as bits,
        'e0d17d88-8a0c-4a9e-a1f5-000000000000'::uuid as a_uuid,
        'nan'::double as no_number,
        'inf'::double as infinite,
        '-inf'::float as below,
        {'k': [1, null], 'd': date '2020-01-31', 'x': 'nan'::double} as nested,
        map {'k': 1} as a_map,
        [interval 1 day] as intervals,
        'é "x", y' as words,
        true as yes,
        null as nothing
"""


def test_json_carries_every_type_of_duckdb(published: Published) -> None:
    (row,) = _json(published, ALL_TYPES)
    assert row.pop("intervals") == ["0 months 1 days 0 seconds"]
    assert row == {
        "a_date": "2020-01-31",
        "a_time": "2020-01-31T01:02:03",
        "a_decimal": "1.50",
        "a_sum": 9007199254740993,
        "a_blob": "ab\\xFF",
        "an_interval": "3 months",
        "bits": "101",
        "a_uuid": "e0d17d88-8a0c-4a9e-a1f5-000000000000",
        "no_number": None,
        "infinite": "inf",
        "below": "-inf",
        "nested": {"k": [1, None], "d": "2020-01-31", "x": None},
        "a_map": {"k": 1},
        "words": 'é "x", y',
        "yes": True,
        "nothing": None,
    }


def test_csv_carries_every_type_of_duckdb(published: Published) -> None:
    (row,) = _csv(published, ALL_TYPES)
    assert row["a_date"] == "2020-01-31"
    assert row["a_decimal"] == "1.50"
    assert row["a_sum"] == "9007199254740993"
    assert row["a_blob"] == "ab\\xFF"
    assert row["an_interval"] == "3 months"
    assert json.loads(row["nested"]) == {"k": [1, None], "d": "2020-01-31", "x": None}
    assert json.loads(row["a_map"]) == {"k": 1}
    assert row["words"] == 'é "x", y'
    assert row["nothing"] == ""


def test_integers_beside_null_stay_integers(published: Published) -> None:
    sql = "select unnest([9007199254740993, null]) as n"
    assert _json(published, sql) == [{"n": 9007199254740993}, {"n": None}]
    assert [row["n"] for row in _csv(published, sql + ", 'x' as x")] == [
        "9007199254740993",
        "",
    ]


def test_no_rows_are_an_empty_list_and_a_header(published: Published) -> None:
    sql = "select 1 as a where false"
    assert _json(published, sql) == []
    assert _csv(published, sql) == []


def test_what_parquet_cannot_hold_is_told(published: Published) -> None:
    def write(sql: str) -> bytes:
        sink = io.BytesIO()
        with open_query(published.result.database, sql, timeout_seconds=60) as answer:
            write_parquet(answer, sink)
        return sink.getvalue()

    rows = pa_parquet.read_table(
        io.BytesIO(write("select interval 1 day as i, 2 as n"))
    )
    assert rows.to_pylist() == [{"i": "1 day", "n": 2}]
    with pytest.raises(UsageError, match=r"parquet.*cast it to varchar"):
        write("select [interval 1 day] as i")


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


def test_a_table_in_a_pipe_is_neither_cut_nor_read_as_markup(
    published: Published, tmp_path: Path
) -> None:
    long = "x" * 300
    sql = f"select '{long}' as \"[b]long\", '[/x]' as tag, [1, null] as list"
    piped = _cli(published, "sql", sql)
    assert piped.returncode == 0, piped.stderr
    text = piped.stdout.decode()
    assert all(part in text for part in (long, "[b]long", "[/x]", "[1, null]"))
    file = tmp_path / "table.txt"
    assert _cli(published, "sql", sql, "--output", str(file)).returncode == 0
    assert file.read_text("utf-8") == text


def test_a_long_table_is_cut_and_says_so(published: Published) -> None:
    answer = _cli(published, "sql", "select range as n from range(10002)")
    assert answer.returncode == 0
    assert "--format csv" in answer.stderr.decode()
    assert " 9999 " in answer.stdout.decode()
    assert " 10000 " not in answer.stdout.decode()
    whole = _cli(published, "sql", "from range(10002)", "--format", "csv")
    assert len(whole.stdout.splitlines()) == 10_003
    assert whole.stderr == b""


def test_a_query_that_fails_half_way_prints_no_rows(published: Published) -> None:
    sql = "select case when range = 900000 then error('late') end from range(1000000)"
    answer = _cli(published, "sql", sql, "--format", "csv")
    assert answer.returncode == 2
    assert answer.stdout == b""
    assert len(answer.stderr.decode().splitlines()) == 1
    assert "late" in answer.stderr.decode()


@pytest.mark.parametrize("sql", ["selec 1", "select nosuch from api.runs", "select ("])
def test_a_fault_in_the_query_is_one_line(published: Published, sql: str) -> None:
    answer = _cli(published, "sql", sql)
    assert answer.returncode == 2
    (line,) = answer.stderr.decode().splitlines()
    assert line.startswith("pvsignal: ")


def test_status_tells_what_is_held_published_and_stale(published: Published) -> None:
    answer = _cli(published, "status", "--format", "json")
    state = json.loads(answer.stdout)
    assert state["origin"] == "simulated"
    assert state["held"] == ["2018q3", "2018q4", "2019q1", "2019q2", "2019q3"]
    assert state["missing"] == []
    assert not state["is_stale"]  # simulated archives never are
    assert state["published"]["run"] == published.result.run
