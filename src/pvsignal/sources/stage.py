"""Archives staged: every row of every table as typed Parquet, raw text kept.

Members are read block by block and side by side, one thread a member: inflating,
parsing and writing happen outside the interpreter's lock.
"""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet

from pvsignal import layout
from pvsignal.errors import CheckFailed, LayoutError
from pvsignal.progress import NoProgress, Progress
from pvsignal.quarter import Quarter
from pvsignal.sources.archive import find_members, opened
from pvsignal.sources.manifest import synced
from pvsignal.sources.members import (
    Account,
    OtherEncoding,
    Rejected,
    StagedPart,
    joined,
    stage_blocks,
    stage_deletions,
    stamp,
)
from pvsignal.sources.profile import (
    Profile,
    added,
    code_value_table,
    profile_rows,
    profile_table,
)
from pvsignal.sources.records import Source

# The modules of ``sources`` that staged rows depend on.
_MODULES = (
    *("archive.py", "members.py", "profile.py"),
    *("records.py", "stage.py", "values.py"),
)

# A file with more than both is not read as it should be.
REJECTS_ALLOWED = 10
REJECTS_ALLOWED_SHARE = 0.0001

# The longest list has 83,845 lines of nine bytes.
_LIST_BYTES_MAX = 16 * 1024 * 1024
# Each thread holds a few blocks of text; seven members keep no more than four busy.
THREADS_MAX = 4
# Twice DuckDB's own row group, so that its threads share a table.
_ROWS_PER_GROUP = 245_760
# Keys and line numbers rise through a file and hardly repeat: their steps are small.
_RISING = ("line", "primaryid", "caseid")
_TEMPORARY = ".tmp-"


@dataclass(frozen=True)
class StagedQuarter:
    """A quarter as staged.

    Attributes
    ----------
    quarter
        The quarter.
    key
        12 hex digits of the archive's hash and the staging version.
    path
        Folder of its Parquet files.
    """

    quarter: Quarter
    key: str
    path: Path


@cache
def staging_version() -> str:
    """12 hex digits that change with the layout tables and the code that stages.

    How an archive is fetched does not change what is staged of it.
    """
    digest = hashlib.sha256(layout.layout_hash().encode())
    for name in _MODULES:
        digest.update(name.encode())
        digest.update((Path(__file__).parent / name).read_bytes())
    return digest.hexdigest()[:12]


def staged_key(sha256: str) -> str:
    """12 hex digits for an archive (by its hash) under this staging version."""
    return hashlib.sha256(f"{sha256} {staging_version()}".encode()).hexdigest()[:12]


def stage_archive(
    archive: Path,
    quarter: Quarter,
    *,
    sha256: str,
    staged_dir: Path,
    threads: int = 1,
    progress: Progress | None = None,
) -> StagedQuarter:
    """Stage an archive as ``<staged_dir>/<quarter>/<key>/<table>.parquet``.

    Nothing is done if that folder is there: it is made by one rename, when all of its
    files are on disk. The same archive gives the same bytes.

    Parameters
    ----------
    archive
        The zip.
    quarter
        Quarter that its name states.
    sha256
        Its hash, as landed.
    staged_dir
        Folder of all quarters.
    threads
        Members read at a time, `THREADS_MAX` at most.
    progress
        Told the bytes of text read.

    Raises
    ------
    LayoutError
        If members are missing, double or of another quarter, a header is unknown, or
        its lines are of another table.
    CheckFailed
        If DEMO holds no row, a file has more than 10 and more than 0.01 % rejects, or
        lines are unaccounted for.
    SourceError
        If the archive is damaged.
    """
    key = staged_key(sha256)
    staged = StagedQuarter(quarter, key, staged_dir / str(quarter) / key)
    if staged.path.is_dir():
        return staged
    temporary = staged.path.with_name(f"{_TEMPORARY}{key}")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        _stage_into(
            temporary,
            archive,
            quarter,
            threads=threads,
            progress=progress or NoProgress(),
        )
        synced(temporary)
        temporary.rename(staged.path)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    synced(staged.path.parent)
    return staged


def sweep(staged_dir: Path) -> None:
    """Remove what a staging that was killed left half done."""
    for temporary in staged_dir.glob(f"*/{_TEMPORARY}*"):
        shutil.rmtree(temporary)


def _stage_into(
    folder: Path, archive: Path, quarter: Quarter, *, threads: int, progress: Progress
) -> None:
    """Write all files of a quarter into a folder."""
    with opened(archive) as file:
        members = find_members(file.namelist(), quarter, archive=archive.name)
        sizes = {info.filename: info.file_size for info in file.infolist()}
    paths = (*members.tables.values(), *members.deleted)
    progress.start(f"stage {quarter}", sum(sizes[path] for path in paths))
    staging = _Staging(folder, archive, quarter, progress)
    try:
        tables = _side_by_side(staging, members.tables, sizes, threads=threads)
        lists = [staging.deletions(path) for path in members.deleted]
    finally:
        progress.finish()
    empty = layout.staged_schema("deleted").empty_table()
    _write(folder, "deleted", pa.concat_tables([empty, *(one.rows for one in lists)]))
    parts = [*tables, *lists]
    _check(archive.name, parts)
    accounts = [part.account for part in parts]
    rejected = [one for part in parts for one in part.rejected]
    _write(folder, "rejected", _table_of("rejected", rejected, quarter))
    _write(folder, "accounting", _table_of("accounting", accounts, quarter))
    profiles = [staging.profiles[table] for table in members.tables]
    _write(folder, "profile", profile_table(profiles, quarter))
    _write(folder, "code_value", code_value_table(profiles, quarter))


def _side_by_side(
    staging: _Staging,
    paths: Mapping[str, str],
    sizes: Mapping[str, int],
    *,
    threads: int,
) -> list[StagedPart]:
    """Stage the tables in threads; gives their rejects and accounts in their order."""
    # The largest first, so that the threads end together.
    by_size = sorted(paths, key=lambda table: -sizes[paths[table]])
    with ThreadPoolExecutor(min(threads, THREADS_MAX)) as pool:
        futures = {
            table: pool.submit(staging.table, table, paths[table]) for table in by_size
        }
        try:
            return [futures[table].result() for table in paths]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


class _Staging:
    """An archive on its way into a folder; its methods may run side by side."""

    def __init__(
        self, folder: Path, archive: Path, quarter: Quarter, progress: Progress
    ) -> None:
        self._folder = folder
        self._archive = archive
        self._quarter = quarter
        self._progress = progress
        self._lock = threading.Lock()
        self.profiles: dict[str, Profile] = {}

    def table(self, table: str, path: str) -> StagedPart:
        """Write the Parquet file of a table; gives its rejects and account."""
        try:
            return self._table_read_as("utf-8", table, path)
        except OtherEncoding:
            return self._table_read_as("latin-1", table, path)

    def deletions(self, path: str) -> StagedPart:
        """Rows, rejects and account of a deletion list."""
        with opened(self._archive) as file, file.open(path) as member:
            if file.getinfo(path).file_size > _LIST_BYTES_MAX:
                raise LayoutError(
                    f"{self._archive.name}: the deletion list {path} is larger than "
                    f"{_LIST_BYTES_MAX:,} bytes, and no list of case numbers is; fetch "
                    "the archive again"
                )
            data = _Heard(member, self._advance).read()
        return stage_deletions(data, self._quarter, member=path)

    def _table_read_as(self, encoding: str, table: str, path: str) -> StagedPart:
        where = (self._archive.name, path)
        parts: list[StagedPart] = []
        profiles: list[Profile] = []
        n_rejected = 0
        with (
            opened(self._archive) as file,
            file.open(path) as member,
            _Writer(self._folder, table) as writer,
        ):
            # A line has a byte and its end: the most that the file can hold.
            n_most = file.getinfo(path).file_size // 2
            source = _Heard(member, self._advance)
            for part in stage_blocks(
                table, source, self._quarter, where=where, encoding=encoding
            ):
                writer.add(part.rows)
                profiles.append(profile_rows(table, part.rows))
                parts.append(part.without_rows())
                n_rejected += len(part.rejected)
                if n_rejected > _rejects_allowed(n_most):
                    break
        self.profiles[table] = added(profiles)
        return joined(parts)

    def _advance(self, n: int) -> None:
        with self._lock:
            self._progress.advance(n)


class _Heard:
    """A member whose bytes are told as they are read."""

    def __init__(self, source: Source, heard: Callable[[int], None]) -> None:
        self._source = source
        self._heard = heard

    def read(self, n: int = -1, /) -> bytes:
        data = self._source.read(n)
        self._heard(len(data))
        return data

    def readline(self, limit: int = -1, /) -> bytes:
        line = self._source.readline(limit)
        self._heard(len(line))
        return line


# ------------------------------------------------------------------------- checks


def _rejects_allowed(n_records: int) -> float:
    return max(REJECTS_ALLOWED, REJECTS_ALLOWED_SHARE * n_records)


def _check(archive: str, parts: Iterable[StagedPart]) -> None:
    """Fail on what makes the quarter unusable."""
    for part in parts:
        account = part.account
        where = f"{archive}: {account.member}"
        n_records = account.staged + account.rejected
        if account.expected != n_records:
            raise CheckFailed(
                f"{where} has {account.physical_lines} lines that should give "
                f"{account.expected} records, but {n_records} came out; this is a "
                "defect of pvsignal, please report it",
                rows=[asdict(account)],
            )
        if account.rejected > _rejects_allowed(n_records):
            shown = "; ".join(
                f"line {one.line}: {one.reason}" for one in part.rejected[:3]
            )
            raise CheckFailed(
                f"{where} has {account.rejected} lines of {n_records} that are no "
                f"record ({shown}); fetch the archive again, or look at these lines",
                rows=[asdict(one) for one in part.rejected[:REJECTS_ALLOWED]],
            )
        if account.table_name == "demo" and not account.staged:
            raise CheckFailed(
                f"{where} holds no report; fetch the archive again",
                rows=[asdict(account)],
            )


# ------------------------------------------------------------------------ writing


class _Writer:
    """Parquet file of a table that is given in parts.

    Its bytes depend on the rows only, not on how they are parted.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._path = folder / f"{name}.parquet"
        schema = layout.staged_schema(name)
        rising = [column for column in schema.names if column in _RISING]
        # Nobody looks for rows by the least and the greatest text of a row group.
        told = [field.name for field in schema if not pa.types.is_string(field.type)]
        self._writer = pa.parquet.ParquetWriter(
            self._path,
            schema,
            version="2.6",
            compression="zstd",
            compression_level=3,
            column_encoding=dict.fromkeys(rising, "DELTA_BINARY_PACKED"),
            use_dictionary=[name for name in schema.names if name not in rising],
            write_statistics=told,
            store_schema=False,
        )
        self._waiting = [schema.empty_table()]
        self._n_waiting = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self._write(pa.concat_tables(self._waiting))
        self._writer.close()
        if error is None:
            synced(self._path)

    def add(self, rows: pa.Table) -> None:
        """Take rows; whole row groups are written at once."""
        self._waiting.append(rows)
        self._n_waiting += rows.num_rows
        if self._n_waiting < _ROWS_PER_GROUP:
            return
        all_rows = pa.concat_tables(self._waiting)
        n_whole = self._n_waiting - self._n_waiting % _ROWS_PER_GROUP
        self._write(all_rows.slice(0, n_whole))
        self._waiting = [all_rows.slice(n_whole)]
        self._n_waiting -= n_whole

    def _write(self, rows: pa.Table) -> None:
        self._writer.write_table(rows.combine_chunks(), row_group_size=_ROWS_PER_GROUP)


def _table_of(
    name: str, rows: Sequence[Rejected] | Sequence[Account], quarter: Quarter
) -> pa.Table:
    """Table of accounts or rejects."""
    schema = layout.staged_schema(name)
    plain = [asdict(row) for row in rows]
    columns = {
        field: pa.array([row[field] for row in plain], schema.field(field).type)
        for field in schema.names
        if field not in ("quarter", "quarter_no")
    }
    return pa.table(stamp(quarter, len(rows)) | columns, schema=schema)


def _write(folder: Path, name: str, rows: pa.Table) -> None:
    """Write a table as a whole."""
    with _Writer(folder, name) as writer:
        writer.add(rows)
