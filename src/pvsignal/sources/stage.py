"""Archives staged: every row of every table as typed Parquet, raw text kept.

Nothing leaves in silence. A line that is no record goes to ``rejected`` with its reason
and bytes, and for each member the physical lines are accounted for.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import re
import shutil
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from pvsignal import layout
from pvsignal.errors import CheckFailed, LayoutError
from pvsignal.layout import Column
from pvsignal.progress import NoProgress, Progress
from pvsignal.quarter import Quarter
from pvsignal.sources import records, values
from pvsignal.sources.archive import find_members, opened
from pvsignal.sources.records import Form, Lines, Records

# A file with more than both is not read as it should be.
REJECTS_ALLOWED = 10
REJECTS_ALLOWED_SHARE = 0.0001

# Twice DuckDB's own row group, so that its threads share a table.
_ROWS_PER_GROUP = 245_760
# Keys and line numbers rise through a file and hardly repeat: their steps are small.
_RISING = ("line", "primaryid", "caseid")
_CSV_BLOCK_BYTES = 8 * 1024 * 1024
_DECODE_BYTES = 1024 * 1024
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")

_CONVERT: Mapping[str, Callable[[pa.ChunkedArray, pa.ChunkedArray], pa.Array]] = {
    "age": partial(values.each_with_unit, rule=values.age_years_of),
    "weight": partial(values.each_with_unit, rule=values.wt_kg_of),
    "duration": partial(values.each_with_unit, rule=values.dur_days_of),
}
_NUMBERS_OF = {
    "key": values.keys_of,
    "case": values.cases_of,
    "sequence": values.sequences_of,
}


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


@dataclass(frozen=True)
class Rejected:
    """A line or record that is not staged, as a row of ``rejected``."""

    table_name: str
    member: str
    line: int
    reason: str
    bytes: bytes


@dataclass(frozen=True)
class Account:
    """Where the physical lines of a member went, as a row of ``accounting``.

    Physical lines - header - blank + splits - joins = staged + rejected.
    """

    table_name: str
    member: str
    era: str | None
    physical_lines: int
    header_lines: int
    blank_lines: int
    splits: int
    joins: int
    staged: int
    rejected: int

    @property
    def expected(self) -> int:
        """Records that the lines should have given."""
        lines = self.physical_lines - self.header_lines - self.blank_lines
        return lines + self.splits - self.joins


@dataclass(frozen=True)
class StagedMember:
    """What one member gives: rows, rejects, account."""

    rows: pa.Table
    rejected: tuple[Rejected, ...]
    account: Account


@cache
def staging_version() -> str:
    """12 hex digits that change with the layout tables and the code of ``sources``."""
    digest = hashlib.sha256(layout.layout_hash().encode())
    for module in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(module.name.encode())
        digest.update(module.read_bytes())
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
    progress
        Told the bytes of text read.

    Raises
    ------
    LayoutError
        If members are missing, double or of another quarter, or a header is unknown.
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
    temporary = staged.path.with_name(f".tmp-{key}")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        _stage_into(temporary, archive, quarter, progress=progress or NoProgress())
        _synced(temporary)
        temporary.rename(staged.path)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    _synced(staged.path.parent)
    return staged


def _stage_into(
    folder: Path, archive: Path, quarter: Quarter, *, progress: Progress
) -> None:
    """Write all files of a quarter into a folder."""
    rejected: list[Rejected] = []
    accounts: list[Account] = []
    with opened(archive) as file:
        members = find_members(file.namelist(), quarter, archive=archive.name)
        paths = (*members.tables.values(), *members.deleted)
        n_bytes = sum(file.getinfo(path).file_size for path in paths)
        progress.start(f"stage {quarter}", n_bytes)
        try:
            for table, path in members.tables.items():
                data = _read(file, path, progress)
                one = stage_table(table, data, quarter, where=(archive.name, path))
                _write(folder, table, one.rows)
                rejected.extend(one.rejected)
                accounts.append(one.account)
            lists = [
                stage_deletions(_read(file, path, progress), quarter, member=path)
                for path in members.deleted
            ]
        finally:
            progress.finish()
    empty = layout.staged_schema("deleted").empty_table()
    _write(folder, "deleted", pa.concat_tables([empty, *(one.rows for one in lists)]))
    for one in lists:
        rejected.extend(one.rejected)
        accounts.append(one.account)
    _check(archive.name, accounts, rejected)
    _write(folder, "rejected", _table_of("rejected", rejected, quarter))
    _write(folder, "accounting", _table_of("accounting", accounts, quarter))


def _read(file: zipfile.ZipFile, path: str, progress: Progress) -> bytes:
    data = file.read(path)
    progress.advance(len(data))
    return data


# ------------------------------------------------------------------------- tables


def stage_table(
    table: str, data: bytes, quarter: Quarter, *, where: tuple[str, str]
) -> StagedMember:
    """Rows, rejects and account of one of the seven tables.

    Parameters
    ----------
    table
        Canonical name.
    data
        Bytes of the member.
    quarter
        Quarter of the archive.
    where
        Names of the archive and of the member.

    Raises
    ------
    LayoutError
        If the header is of no era.
    """
    _, member = where
    lines = records.physical_lines(data)
    era = _era(table, records.header_cells(lines), quarter, where=where)
    found = records.read_records(lines, _form(table, era, quarter))
    texts = _texts(found, layout.canonical(table, era), _encoding(data))
    rows, refusals = _typed(table, texts, quarter)
    rejected = [
        *(
            Rejected(table, member, one.line, one.reason, one.raw)
            for one in found.refused
        ),
        *(
            Rejected(table, member, line, reason, _raw(lines, found, line, origin))
            for line, origin, reason in refusals
        ),
    ]
    account = Account(
        table_name=table,
        member=member,
        era=era,
        physical_lines=found.n_lines,
        header_lines=1,
        blank_lines=found.n_blank,
        splits=found.n_splits,
        joins=found.n_joins,
        staged=rows.num_rows,
        rejected=len(rejected),
    )
    by_line = sorted(rejected, key=lambda one: one.line)
    return StagedMember(rows, tuple(by_line), account)


def _era(
    table: str, cells: tuple[str, ...], quarter: Quarter, *, where: tuple[str, str]
) -> str:
    """Era of the header, that of the quarter where several have it."""
    fitting = layout.eras_of_header(table, cells)
    dated = layout.era_of_quarter(quarter)
    if dated in fitting:
        return dated
    if fitting:
        return fitting[0]
    archive, member = where
    raise LayoutError(
        f"{archive}: the header of {member} is of no known era, it reads "
        f"'{'$'.join(cells)[:300]}' where '{'$'.join(layout.header(table, dated))}' "
        "is expected; if the FDA changed its files, faers_layout.csv needs an era"
    )


def _form(table: str, era: str, quarter: Quarter) -> Form:
    return Form(
        n_fields=len(layout.header(table, era)),
        start=layout.record_start(table, era),
        values=tuple(
            (known.primaryid.encode(), known.text.encode())
            for known in layout.corrections(table, quarter)
        ),
    )


def _encoding(data: bytes) -> str:
    """Tell the encoding of a file: UTF-8 if all of it allows that, else latin-1."""
    if data.isascii():
        return "utf-8"
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(data)
    try:
        for at in range(0, len(view), _DECODE_BYTES):
            decoder.decode(view[at : at + _DECODE_BYTES])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _texts(found: Records, placed: Mapping[int, Column], encoding: str) -> pa.Table:
    """Texts of all records in file order, with columns ``line`` and ``origin``.

    ``origin`` is the rank of a repaired record, NULL for a plain line.
    """
    names = [column.name for column in placed.values()]
    plain = _plain_texts(found, names, encoding)
    if not found.repaired:
        return plain
    decoded = [
        [field.decode(encoding) or None for field in one.fields]
        for one in found.repaired
    ]
    by_column = dict(zip(names, map(list, zip(*decoded, strict=True)), strict=True))
    repaired = pa.table(
        {
            **by_column,
            "line": [one.line for one in found.repaired],
            "origin": range(len(found.repaired)),
        },
        schema=plain.schema,
    )
    both = pa.concat_tables([plain, repaired])
    order = np.argsort(both["line"].to_numpy(), kind="stable")
    return both.take(pa.array(order))


def _plain_texts(found: Records, names: Sequence[str], encoding: str) -> pa.Table:
    """Texts of the plain lines."""
    schema = pa.schema([(name, pa.string()) for name in names])
    table = schema.empty_table()
    if found.plain:
        utf8 = (
            found.plain
            if encoding == "utf-8"
            else found.plain.decode(encoding).encode()
        )
        terminator = [""] * (found.n_plain_fields - len(names))
        table = pa.csv.read_csv(
            pa.py_buffer(utf8),
            read_options=pa.csv.ReadOptions(
                column_names=[*names, *terminator], block_size=_CSV_BLOCK_BYTES
            ),
            parse_options=pa.csv.ParseOptions(
                delimiter="$",
                quote_char=False,
                escape_char=False,
                ignore_empty_lines=False,
            ),
            # The empty text is NULL and nothing else is: NA is Namibia.
            convert_options=pa.csv.ConvertOptions(
                column_types={name: pa.string() for name in names},
                include_columns=list(names),
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
    if table.num_rows != len(found.plain_line):
        raise CheckFailed(
            f"{len(found.plain_line)} plain lines were read as {table.num_rows} rows; "
            "this is a defect of pvsignal, please report it"
        )
    nowhere = pa.nulls(table.num_rows, pa.int32())
    return table.append_column(
        "line", pa.array(found.plain_line, pa.int32())
    ).append_column("origin", nowhere)


def _typed(
    table: str, texts: pa.Table, quarter: Quarter
) -> tuple[pa.Table, list[tuple[int, int | None, str]]]:
    """Staged rows, and (line, origin, reason) of each record refused for a key."""
    staged: dict[str, pa.Array | pa.ChunkedArray] = {}
    refusals: dict[int, str] = {}
    for column in layout.columns(table):
        if column.name not in texts.column_names:
            for name, kind in column.staged:
                staged[name] = pa.nulls(texts.num_rows, kind)
        elif column.is_number:
            numbers, refused = _NUMBERS_OF[column.type](texts[column.name])
            staged[column.name] = numbers
            for row in np.flatnonzero(refused.to_numpy()).tolist():
                refusals.setdefault(row, _reason(column, texts[column.name][row]))
        else:
            staged |= _with_derived(column, texts)
    schema = layout.staged_schema(table)
    stamp = _stamp(quarter, texts.num_rows) | {"line": texts["line"]}
    rows = pa.table(stamp | staged).select(schema.names).cast(schema)
    if refusals:
        keep = np.ones(texts.num_rows, np.bool_)
        keep[list(refusals)] = False
        rows = rows.filter(pa.array(keep))
    return rows, [
        (texts["line"][row].as_py(), texts["origin"][row].as_py(), reason)
        for row, reason in sorted(refusals.items())
    ]


def _reason(column: Column, text: pa.Scalar) -> str:
    return f"{column.name} is {'no number' if text.is_valid else 'empty'}"


def _with_derived(
    column: Column, texts: pa.Table
) -> dict[str, pa.Array | pa.ChunkedArray]:
    """Raw text of a column and what is derived from it."""
    raw = texts[column.name]
    names = [name for name, _ in column.staged]
    if column.derived is None:
        derived: tuple[pa.Array, ...] = ()
    elif column.type == "date":
        derived = values.dates_of(raw)
    elif column.type in _CONVERT:
        derived = (_CONVERT[column.type](raw, texts[column.unit_column]),)
    elif column.type == "integer":
        derived = (values.each_of(raw, values.caseversion_of, type=pa.int32()),)
    else:
        derived = (values.each_of(raw, values.decimal_of, type=pa.float64()),)
    return dict(zip(names, (raw, *derived), strict=True))


def _raw(lines: Lines, found: Records, line: int, origin: int | None) -> bytes:
    """Bytes that a record came from."""
    return lines.raw(line - 1) if origin is None else found.repaired[origin].raw


# ----------------------------------------------------------------- deletion lists


def stage_deletions(data: bytes, quarter: Quarter, *, member: str) -> StagedMember:
    """Rows, rejects and account of one deletion list: a case number a line, no header.

    The first line may hold a case number, nothing, or one space.
    """
    kept: list[tuple[int, int]] = []
    rejected: list[Rejected] = []
    lines = records.physical_lines(data.removeprefix(records.BOM))
    for number in range(len(lines)):
        raw = lines.raw(number)
        text = records.clean(raw).decode("latin-1").strip()
        if _NUMBER.fullmatch(text):
            kept.append((number + 1, int(text)))
        elif text:
            reason = "caseid is no number"
            rejected.append(Rejected("deleted", member, number + 1, reason, raw))
    rows = pa.table(
        _stamp(quarter, len(kept))
        | {
            "line": pa.array([line for line, _ in kept], pa.int32()),
            "caseid": pa.array([caseid for _, caseid in kept], pa.int64()),
            "member": pa.repeat(member, len(kept)),
        },
        schema=layout.staged_schema("deleted"),
    )
    account = Account(
        table_name="deleted",
        member=member,
        era=None,
        physical_lines=len(lines),
        header_lines=0,
        blank_lines=len(lines) - len(kept) - len(rejected),
        splits=0,
        joins=0,
        staged=len(kept),
        rejected=len(rejected),
    )
    return StagedMember(rows, tuple(rejected), account)


# ------------------------------------------------------------------------- checks


def _check(
    archive: str, accounts: Iterable[Account], rejected: Sequence[Rejected]
) -> None:
    """Fail on what makes the quarter unusable."""
    for account in accounts:
        where = f"{archive}: {account.member}"
        n_records = account.staged + account.rejected
        if account.expected != n_records:
            raise CheckFailed(
                f"{where} has {account.physical_lines} lines that should give "
                f"{account.expected} records, but {n_records} came out; this is a "
                "defect of pvsignal, please report it",
                rows=[asdict(account)],
            )
        too_many = max(REJECTS_ALLOWED, REJECTS_ALLOWED_SHARE * n_records)
        if account.rejected > too_many:
            mine = [one for one in rejected if one.member == account.member]
            shown = "; ".join(f"line {one.line}: {one.reason}" for one in mine[:3])
            raise CheckFailed(
                f"{where} has {account.rejected} lines of {n_records} that are no "
                f"record ({shown}); fetch the archive again, or look at these lines",
                rows=[asdict(one) for one in mine[:REJECTS_ALLOWED]],
            )
        if account.table_name == "demo" and not account.staged:
            raise CheckFailed(
                f"{where} holds no report; fetch the archive again",
                rows=[asdict(account)],
            )


# ------------------------------------------------------------------------ writing


def _stamp(quarter: Quarter, n_rows: int) -> dict[str, pa.Array]:
    """Columns that name the quarter on each row."""
    return {
        "quarter": pa.repeat(str(quarter), n_rows),
        "quarter_no": pa.repeat(pa.scalar(quarter.ordinal, pa.int16()), n_rows),
    }


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
    return pa.table(_stamp(quarter, len(rows)) | columns, schema=schema)


def _write(folder: Path, name: str, rows: pa.Table) -> None:
    """Write Parquet whose bytes depend on the rows only, and sync it."""
    path = folder / f"{name}.parquet"
    rising = [column for column in rows.column_names if column in _RISING]
    pa.parquet.write_table(
        rows,
        path,
        version="2.6",
        compression="zstd",
        compression_level=3,
        row_group_size=_ROWS_PER_GROUP,
        column_encoding=dict.fromkeys(rising, "DELTA_BINARY_PACKED"),
        use_dictionary=[name for name in rows.column_names if name not in rising],
        store_schema=False,
    )
    _synced(path)


def _synced(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
