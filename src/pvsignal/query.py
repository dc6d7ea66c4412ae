"""Ad-hoc questions to the published file: one SELECT, read only, bounded."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Final

import duckdb
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet

from pvsignal import warehouse
from pvsignal.errors import LockedError, PvsignalError, UsageError

SELECT: Final = duckdb.StatementType.SELECT
EXPLAIN: Final = duckdb.StatementType.EXPLAIN

BATCH_ROWS: Final = 50_000

# Types that neither Parquet nor CSV can hold; they leave DuckDB as its own text.
_AS_TEXT: Final = {"interval", "bit", "bignum", "union", "time with time zone"}

_EXPLAIN = re.compile(r"^\s*explain\s+(analyze\b)?\s*(\([^()]*\))?", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """Rows of a query that arrive while they are read; read them once.

    Attributes
    ----------
    schema
        Names and types of the columns; no name occurs twice.
    batches
        The rows. Reading them raises UsageError when the time is over or DuckDB fails.
    """

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]


@contextmanager
def open_query(
    file: Path,
    sql: str,
    *,
    timeout_seconds: float,
    memory_limit: str = "4GB",
    reachable: Sequence[Path] = (),
) -> Iterator[Answer]:
    """Answer to one SELECT or EXPLAIN, of which only a batch is in memory at a time.

    Parameters
    ----------
    file
        DuckDB file; nothing is written to it or beside it.
    sql
        The statement.
    timeout_seconds
        After which the query is interrupted, also while its rows are being read.
    memory_limit
        As DuckDB writes it.
    reachable
        Folders that the views of the file may read. A statement could write there
        too; only a SELECT or EXPLAIN is let through.

    Raises
    ------
    UsageError
        If there is not exactly one SELECT or EXPLAIN of a SELECT, if two columns have
        the same name, if DuckDB refuses it, or if it takes too long.
    LockedError
        If a run is writing the file.
    """
    with ExitStack() as stack:
        spill = stack.enter_context(tempfile.TemporaryDirectory(prefix="pvsignal-"))
        try:
            con = stack.enter_context(
                warehouse.connect_readonly(
                    file,
                    temp_dir=Path(spill),
                    reachable=reachable,
                    memory_limit=memory_limit,
                )
            )
        except duckdb.Error as error:
            raise _not_opened(file, error) from error
        _require_one_select(con, sql)
        stack.enter_context(_interrupted_after(con, timeout_seconds))
        with _refusals(timeout_seconds):
            reader = _reader(con, sql)
        stack.callback(reader.close)
        yield Answer(reader.schema, _batches(reader, timeout_seconds))


def run_query(
    file: Path,
    sql: str,
    *,
    timeout_seconds: float,
    memory_limit: str = "4GB",
    reachable: Sequence[Path] = (),
) -> pa.Table:
    """Rows of one SELECT or EXPLAIN, all of them in memory; see `open_query`."""
    with open_query(
        file,
        sql,
        timeout_seconds=timeout_seconds,
        memory_limit=memory_limit,
        reachable=reachable,
    ) as answer:
        return pa.Table.from_batches(answer.batches, answer.schema)


def _not_opened(file: Path, error: duckdb.Error) -> PvsignalError:
    if "set lock" in str(error):
        return LockedError(f"a run is writing {file}; wait until it ends")
    return UsageError(
        f"{file} cannot be opened as a DuckDB file: {error}; run 'pvsignal run' again"
    )


def _require_one_select(con: warehouse.Connection, sql: str) -> None:
    types = _statement_types(con, sql)
    # EXPLAIN ANALYZE runs what it explains: it must be a SELECT as well.
    if types == [EXPLAIN]:
        types = _statement_types(con, _EXPLAIN.sub("", sql, count=1))
    if types != [SELECT]:
        raise UsageError(
            "give exactly one SELECT, or EXPLAIN and one SELECT; the file is read "
            "only, copy it to change it"
        )


def _statement_types(con: warehouse.Connection, sql: str) -> list[duckdb.StatementType]:
    try:
        return [statement.type for statement in con.extract_statements(sql)]
    except duckdb.Error as error:
        raise UsageError(f"the query does not parse: {error}") from error


@contextmanager
def _interrupted_after(con: warehouse.Connection, seconds: float) -> Iterator[None]:
    ended = threading.Event()

    def watch() -> None:
        # An interrupt that arrives between two steps of a query is forgotten.
        if not ended.wait(seconds):
            con.interrupt()
            while not ended.wait(0.05):
                con.interrupt()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


@contextmanager
def _refusals(timeout_seconds: float) -> Iterator[None]:
    try:
        yield
    # What fails while rows are fetched reaches Python as an error of Arrow or OSError.
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        if "INTERRUPT" in str(error):
            raise UsageError(
                f"the query ran longer than {timeout_seconds:g} seconds; narrow it or "
                "raise --timeout"
            ) from error
        raise UsageError(f"DuckDB refused the query: {error}") from error


def _reader(con: warehouse.Connection, sql: str) -> pa.RecordBatchReader:
    rows = con.sql(sql)
    for name, times in Counter(rows.columns).items():
        if times > 1:
            raise UsageError(f"two columns are called {name}; name them apart with AS")
    if any(kind.id in _AS_TEXT for kind in rows.types):
        rows = rows.project(
            ", ".join(
                f"{_quoted(name)}::varchar as {_quoted(name)}"
                if kind.id in _AS_TEXT
                else _quoted(name)
                for name, kind in zip(rows.columns, rows.types, strict=True)
            )
        )
    return rows.to_arrow_reader(BATCH_ROWS)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _batches(
    reader: pa.RecordBatchReader, timeout_seconds: float
) -> Iterator[pa.RecordBatch]:
    deadline = time.monotonic() + timeout_seconds
    while True:
        with _refusals(timeout_seconds):
            if time.monotonic() > deadline:
                raise duckdb.InterruptException("INTERRUPT between two batches")
            try:
                batch = reader.read_next_batch()
            except StopIteration:
                return
        yield batch


def write_csv(answer: Answer, sink: IO[bytes]) -> None:
    """Write rows as CSV with a header; NULL is empty, nested values are JSON text."""
    with _unwritable("csv"):
        schema = pa.schema([_csv_field(field) for field in answer.schema])
        with pa_csv.CSVWriter(sink, schema) as writer:
            for batch in answer.batches:
                columns = [_csv_column(column) for column in batch.columns]
                writer.write_batch(pa.record_batch(columns, schema=schema))


def _csv_field(field: pa.Field) -> pa.Field:
    return pa.field(field.name, pa.string()) if _needs_text(field.type) else field


def _csv_column(column: pa.Array) -> pa.Array:
    if not _needs_text(column.type):
        return column
    cells = [None if value is None else text(value) for value in _values(column)]
    return pa.array(cells, pa.string())


def _needs_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_nested(kind) or pa.types.is_binary(kind))


def _values(column: pa.Array) -> list[Any]:
    values: list[Any] = column.to_pylist(maps_as_pydicts="lossy")
    return values


def write_json(answer: Answer, sink: IO[bytes]) -> None:
    """Write rows as a JSON list of objects, one a line.

    Integers of any width stay integers; NaN is null, an infinity the text ``inf`` or
    ``-inf``; dates and times are ISO 8601; decimals, intervals and bytes are text.
    """
    before = "[\n"
    with _unwritable("json"):
        for row in rows_of(answer):
            line = json.dumps(_plain(row), ensure_ascii=False, allow_nan=False)
            sink.write(f"{before}  {line}".encode())
            before = ",\n"
    sink.write(b"[]\n" if before == "[\n" else b"\n]\n")


def write_parquet(answer: Answer, sink: IO[bytes]) -> None:
    """Write rows as one Parquet file."""
    with (
        _unwritable("parquet"),
        pa_parquet.ParquetWriter(sink, answer.schema) as writer,
    ):
        for batch in answer.batches:
            writer.write_batch(batch)


@contextmanager
def _unwritable(form: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OverflowError, TypeError, ValueError) as error:
        raise UsageError(
            f"a value cannot be written as {form}: {error}; cast it to varchar"
        ) from error


def rows_of(answer: Answer) -> Iterator[dict[str, Any]]:
    """Rows one by one, as mappings of column to Python value."""
    for batch in answer.batches:
        yield from batch.to_pylist(maps_as_pydicts="lossy")


def text(value: object) -> str:
    r"""A value as one reads it in a table.

    Examples
    --------
    >>> text([1, None]), text(b"a\xff"), text(None), text(True)
    ('[1, null]', 'a\\xFF', '', 'true')
    """
    if value is None:
        return ""
    if isinstance(value, bool | list | tuple | dict):
        return json.dumps(_plain(value), ensure_ascii=False)
    return _blob(value) if isinstance(value, bytes) else str(value)


def _plain(value: object) -> object:
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            if math.isnan(value):
                return None
            return value if math.isfinite(value) else str(value)
        case Decimal():
            # DuckDB's HUGEINT, the type of sum(), comes as a decimal without places.
            return int(value) if value.as_tuple().exponent == 0 else str(value)
        case dt.date() | dt.time():
            return value.isoformat()
        case bytes():
            return _blob(value)
        # A named tuple: it must come before the tuples.
        case pa.MonthDayNano():
            return (
                f"{value.months} months {value.days} days "
                f"{value.nanoseconds / 1e9:g} seconds"
            )
        case dict():
            return {text(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return str(value)


def _blob(value: bytes) -> str:
    """Bytes as DuckDB prints them."""
    return "".join(
        chr(byte) if 32 <= byte < 127 and byte != 92 else f"\\x{byte:02X}"
        for byte in value
    )
