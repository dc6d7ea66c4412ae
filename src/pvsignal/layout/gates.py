"""What a quarter is held against: documented codes, known counts, bounds of the gates.

The facts are tables beside this module. ``faers_codes.csv`` has a row per documented
code, ``known_counts.csv`` the rows of each table of the 90 quarters up to 2026q2 as
counted on the FDA's archives, ``gates.csv`` each bound with its reason. The rules that
use them are SQL, in ``sql/checks``. An operator's ``known_counts.csv`` in the data
directory states the counts of archives that the FDA issued again.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path

from pvsignal.errors import CodelistError, UsageError
from pvsignal.quarter import Quarter

_FOLDER = Path(__file__).parent
_FILES = ("faers_codes.csv", "known_counts.csv", "gates.csv")
_MAY_BE_BLANK = ("deleted", "archive_bytes")
_MOST_DIGITS = 15


@dataclass(frozen=True)
class Code:
    """One documented value of a coded column.

    Attributes
    ----------
    table, column, code, meaning
        Where it stands and what it means.
    first, last
        Quarters between which it is documented, None where that is open.
    watch
        Why each use is reported although it is documented, or ''.
    """

    table: str
    column: str
    code: str
    meaning: str
    first: Quarter | None
    last: Quarter | None
    watch: str


@dataclass(frozen=True)
class KnownCount:
    """Rows of one table of one quarter, as counted on the FDA's archive.

    ``table`` is one of the seven, ``deleted`` (rows of the deletion list), or
    ``archive_bytes`` (bytes of the zip). ``known_from`` is ``shipped``, or
    ``operator`` with the operator's reason.
    """

    quarter: Quarter
    table: str
    n: int
    known_from: str = "shipped"
    reason: str = ""


@dataclass(frozen=True)
class Bound:
    """One bound of the gates and why it is where it is."""

    name: str
    value: float
    unit: str
    reason: str


@cache
def codes() -> tuple[Code, ...]:
    """All documented codes."""
    return tuple(
        Code(
            row["table"],
            row["column"],
            row["code"],
            row["meaning"],
            Quarter.parse(row["first_quarter"]) if row["first_quarter"] else None,
            Quarter.parse(row["last_quarter"]) if row["last_quarter"] else None,
            row["watch"],
        )
        for row in _rows("faers_codes.csv")
    )


@cache
def known_counts() -> tuple[KnownCount, ...]:
    """Known counts; what was not counted (lists before 2021q4) is left out."""
    return tuple(
        KnownCount(Quarter.parse(row["quarter"]), table, int(n))
        for row in _rows("known_counts.csv")
        for table, n in row.items()
        if table != "quarter" and n
    )


def operator_counts(file: Path) -> tuple[KnownCount, ...]:
    """Counts that an operator states, none where the file is absent.

    Parameters
    ----------
    file
        CSV with the columns of the shipped table and ``reason``, in any order; UTF-8.
        Each row states all seven tables of a quarter; the length of the deletion list
        and the bytes of the archive may be blank.

    Raises
    ------
    CodelistError
        If the file is not so; names file and line.
    """
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return ()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _not_valid(file, line, "is not UTF-8; save it as UTF-8") from error
    counts: dict[Quarter, tuple[KnownCount, ...]] = {}
    lines = _numbered_rows(file, text)
    header_line, header = next(lines, (1, []))
    wanted = [*_rows("known_counts.csv")[0], "reason"]
    if sorted(header) != sorted(wanted):
        fault = f"the columns must be {','.join(wanted)}"
        raise _not_valid(file, header_line, fault)
    for line, cells in lines:
        if len(cells) != len(header):
            fault = f"{len(cells)} cells instead of {len(header)}; quote a comma"
            raise _not_valid(file, line, fault)
        try:
            stated = _stated(dict(zip(header, cells, strict=True)))
        except (UsageError, ValueError) as error:
            raise _not_valid(file, line, str(error)) from error
        quarter = stated[0].quarter
        if quarter in counts:
            raise _not_valid(file, line, f"{quarter} stands twice; keep one row")
        counts[quarter] = stated
    return tuple(count for quarter in sorted(counts) for count in counts[quarter])


def _not_valid(file: Path, line: int, fault: str) -> CodelistError:
    return CodelistError(f"{file}, line {line}: {fault}; docs/gates.md shows a file")


def _numbered_rows(file: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not blank, each with the line on which it ends."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise _not_valid(file, reader.line_num, f"is no CSV: {error}") from error


def _stated(row: dict[str, str]) -> tuple[KnownCount, ...]:
    quarter = Quarter.parse(row["quarter"])
    if not row["reason"]:
        raise ValueError("reason is blank; say why these counts are right")
    return tuple(
        KnownCount(quarter, table, _count(table, n), "operator", row["reason"])
        for table, n in row.items()
        if table not in ("quarter", "reason") and (n or table not in _MAY_BE_BLANK)
    )


def _count(table: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise ValueError(f"{table} is {text[:40]!r}; write a number of rows or bytes")
    return int(text)


def counts_with(stated: Sequence[KnownCount]) -> tuple[KnownCount, ...]:
    """Shipped counts, those of a quarter that an operator stated replaced whole."""
    replaced = {one.quarter for one in stated}
    return (*(one for one in known_counts() if one.quarter not in replaced), *stated)


def counts_hash(stated: Sequence[KnownCount]) -> str:
    """SHA-256 over counts and reasons of an operator, 64 hex digits."""
    rows = sorted((str(one.quarter), *astuple(one)[1:]) for one in stated)
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


@cache
def bounds() -> tuple[Bound, ...]:
    """Bounds of the gates."""
    return tuple(
        Bound(row["name"], float(row["value"]), row["unit"], row["reason"])
        for row in _rows("gates.csv")
    )


@cache
def gates_hash() -> str:
    """SHA-256 over the three tables, 64 hex digits."""
    digest = hashlib.sha256()
    for name in _FILES:
        digest.update(name.encode())
        digest.update((_FOLDER / name).read_bytes())
    return digest.hexdigest()


def _rows(name: str) -> tuple[dict[str, str], ...]:
    with (_FOLDER / name).open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))
