"""Ad-hoc questions to the published file: one SELECT, read only, bounded."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from pvsignal import warehouse
from pvsignal.errors import UsageError

ALLOWED = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)


def run_query(
    file: Path,
    sql: str,
    *,
    timeout_seconds: float,
    memory_limit: str = "4GB",
    readable: Sequence[Path] = (),
) -> pa.Table:
    """Rows of one SELECT or EXPLAIN.

    Parameters
    ----------
    file
        DuckDB file; nothing is written to it or beside it.
    sql
        The statement.
    timeout_seconds
        After which the query is interrupted.
    memory_limit
        As DuckDB writes it.
    readable
        Folders that the views of the file may read.

    Raises
    ------
    UsageError
        If there is not exactly one SELECT or EXPLAIN, if DuckDB refuses it, or if it
        takes too long.
    """
    with (
        tempfile.TemporaryDirectory(prefix="pvsignal-") as spill,
        warehouse.connect_readonly(
            file, temp_dir=Path(spill), readable=readable, memory_limit=memory_limit
        ) as con,
    ):
        _require_one_select(con, sql)
        timer = threading.Timer(timeout_seconds, con.interrupt)
        timer.start()
        try:
            return con.sql(sql).to_arrow_table()
        except duckdb.InterruptException as error:
            raise UsageError(
                f"the query ran longer than {timeout_seconds:g} seconds; narrow it or "
                "raise --timeout"
            ) from error
        except duckdb.Error as error:
            raise UsageError(f"DuckDB refused the query: {error}") from error
        finally:
            timer.cancel()


def _require_one_select(con: warehouse.Connection, sql: str) -> None:
    try:
        statements = con.extract_statements(sql)
    except duckdb.Error as error:
        raise UsageError(f"the query does not parse: {error}") from error
    if len(statements) != 1 or statements[0].type not in ALLOWED:
        raise UsageError(
            "give exactly one SELECT or EXPLAIN; the file is read only, copy it to "
            "change it"
        )
