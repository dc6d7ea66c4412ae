"""Members of an archive read into typed rows, block by block.

Nothing leaves in silence. A line that is no record is a reject with its reason and
bytes, and the physical lines of each member are accounted for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial, reduce
from operator import add

import numpy as np
import pyarrow as pa
import pyarrow.csv

from pvsignal import layout
from pvsignal.errors import CheckFailed, LayoutError
from pvsignal.layout import Column
from pvsignal.quarter import Quarter
from pvsignal.sources import records, values
from pvsignal.sources.records import Form, Records, Source

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


class OtherEncoding(Exception):
    """A member that began as UTF-8 goes on with bytes that are none; read it anew."""


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

    def __add__(self, other: Account) -> Account:
        """Account of two parts of a member."""
        counts = {
            field.name: getattr(self, field.name) + getattr(other, field.name)
            for field in fields(self)
            if field.name not in ("table_name", "member", "era")
        }
        return replace(self, **counts)


@dataclass(frozen=True)
class StagedPart:
    """What a member, or a block of it, gives: rows, rejects, account."""

    rows: pa.Table
    rejected: tuple[Rejected, ...]
    account: Account

    def without_rows(self) -> StagedPart:
        """Give rejects and account only, once the rows are written."""
        return replace(self, rows=self.rows.schema.empty_table())


def joined(parts: Sequence[StagedPart]) -> StagedPart:
    """Join the parts of one member, in their order."""
    return StagedPart(
        pa.concat_tables([part.rows for part in parts]),
        tuple(one for part in parts for one in part.rejected),
        reduce(add, [part.account for part in parts]),
    )


def stage_blocks(
    table: str,
    source: Source,
    quarter: Quarter,
    *,
    where: tuple[str, str],
    encoding: str = "utf-8",
) -> Iterator[StagedPart]:
    """Rows, rejects and account of each block of one of the seven tables.

    Parameters
    ----------
    table
        Canonical name.
    source
        The member, from its first byte.
    quarter
        Quarter of the archive.
    where
        Names of the archive and of the member.
    encoding
        ``utf-8``, or ``latin-1`` where `OtherEncoding` told so.

    Yields
    ------
    StagedPart
        At least one; the first accounts for the header.

    Raises
    ------
    LayoutError
        If the header is of no era, or the lines are of another table.
    OtherEncoding
        If some text is no UTF-8 after other text that is UTF-8 and no ASCII.
    """
    archive, member = where
    era = _era(table, records.read_header(source), quarter, where=where)
    blocks = records.read_blocks(
        source, _form(table, era, quarter), where=f"{archive}: {member}"
    )
    reading = "ascii" if encoding == "utf-8" else encoding
    n_headers = 1
    for found in blocks:
        reading = _encoding(found.lines.data, reading)
        part = _part(table, found, quarter, era=era, member=member, encoding=reading)
        account = part.account
        yield replace(
            part,
            account=replace(
                account,
                physical_lines=account.physical_lines + n_headers,
                header_lines=n_headers,
            ),
        )
        n_headers = 0


def _part(
    table: str,
    found: Records,
    quarter: Quarter,
    *,
    era: str,
    member: str,
    encoding: str,
) -> StagedPart:
    """Rows, rejects and account of one block, without the header."""
    texts = _texts(found, layout.canonical(table, era), encoding)
    rows, refusals = _typed(table, texts, quarter)
    rejected = [
        *(
            Rejected(table, member, one.line, one.reason, one.raw)
            for one in found.refused
        ),
        *(
            Rejected(table, member, line, reason, _raw(found, line, origin))
            for line, origin, reason in refusals
        ),
    ]
    account = Account(
        table_name=table,
        member=member,
        era=era,
        physical_lines=len(found.lines),
        header_lines=0,
        blank_lines=found.n_blank,
        splits=found.n_splits,
        joins=found.n_joins,
        staged=rows.num_rows,
        rejected=len(rejected),
    )
    return StagedPart(rows, tuple(sorted(rejected, key=lambda r: r.line)), account)


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
        looks=layout.looks(table, era),
    )


def _encoding(data: bytes, before: str) -> str:
    """Tell the encoding of a member up to this block from that before it.

    A file is UTF-8 if all of it allows that, else latin-1; ASCII is both.
    """
    if before == "latin-1" or data.isascii():
        return before
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        if before == "utf-8":
            raise OtherEncoding from error
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
            if encoding != "latin-1"
            else found.plain.decode(encoding).encode()
        )
        terminator = [""] * (found.n_plain_fields - len(names))
        table = pa.csv.read_csv(
            pa.py_buffer(utf8),
            read_options=pa.csv.ReadOptions(
                column_names=[*names, *terminator],
                use_threads=False,
                # A line may be longer than the reader's own block of a megabyte.
                block_size=max(len(utf8), 1),
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
    known = stamp(quarter, texts.num_rows) | {"line": texts["line"]}
    rows = pa.table(known | staged).select(schema.names).cast(schema)
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


def _raw(found: Records, line: int, origin: int | None) -> bytes:
    """Bytes that a record came from."""
    if origin is not None:
        return found.repaired[origin].raw
    return found.lines.raw(line - found.lines.first)


# ----------------------------------------------------------------- deletion lists


def stage_deletions(data: bytes, quarter: Quarter, *, member: str) -> StagedPart:
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
        stamp(quarter, len(kept))
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
    return StagedPart(rows, tuple(rejected), account)


def stamp(quarter: Quarter, n_rows: int) -> dict[str, pa.Array]:
    """Columns that name the quarter on each row."""
    return {
        "quarter": pa.repeat(str(quarter), n_rows),
        "quarter_no": pa.repeat(pa.scalar(quarter.ordinal, pa.int16()), n_rows),
    }
