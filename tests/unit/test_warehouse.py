"""Connections: works side by side, and databases that spill and leave nothing."""

import threading
from pathlib import Path

import pytest

from pvsignal import warehouse

Connection = warehouse.Connection


def _n_rows(con: Connection, table: str) -> int:
    (row,) = warehouse.query_rows(con, f"select count(*) as n from {table}")
    return int(row["n"])


def _make(name: str, n: int) -> warehouse.Work:
    return lambda con: con.execute(f"create table s.{name} as select * from range({n})")


def test_works_side_by_side_see_what_was_there_and_leave_their_tables() -> None:
    def add_up(con: Connection) -> None:
        con.execute("create table s.sum as select sum(range) as total from s.before")

    with warehouse.connect_memory() as con:
        warehouse.make_schema(con, "s")
        _make("before", 4)(con)
        warehouse.side_by_side(con, add_up, _make("other", 2))
        assert warehouse.query_rows(con, "from s.sum") == [{"total": 6}]
        assert _n_rows(con, "s.other") == 2


def test_works_are_done_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=60)

    def meet(_: Connection) -> None:
        both.wait()

    with warehouse.connect_memory() as con:
        warehouse.side_by_side(con, meet, meet)


@pytest.mark.parametrize("failing", [0, 1])
def test_a_work_that_fails_is_heard_and_the_query_of_the_other_is_not_waited_for(
    failing: int,
) -> None:
    def fail(_: Connection) -> None:
        raise KeyError("no such code list")

    works = [_make("endless", 10**15)]
    works.insert(failing, fail)
    with warehouse.connect_memory() as con:
        warehouse.make_schema(con, "s")
        with pytest.raises(KeyError, match="no such code list"):
            warehouse.side_by_side(con, *works)
        assert not warehouse.has_table(con, "s.endless")


def test_a_scratch_database_spills_into_its_folder_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    with warehouse.connect_scratch(tmp_path, threads=1, memory_limit="80MB") as con:
        con.execute(
            "create table t as select md5(range::varchar) as text from range(6_000_000)"
        )
        files = warehouse.query_rows(con, "from duckdb_temporary_files()")
        assert files
        assert all(Path(file["path"]).is_relative_to(tmp_path) for file in files)
        assert _n_rows(con, "t") == 6_000_000
    assert list(tmp_path.iterdir()) == []
