"""How the FDA laid out its files, era by era, and what they are staged as.

The facts are tables beside this module. ``faers_layout.csv`` has a row per canonical
column: its type, the typed column derived from it, and ``position:header`` in each
header era. ``faers_eras.csv`` dates the eras. ``corrections.csv`` lists known upstream
errors that no general rule can repair. ``faers_codes.csv`` lists the documented codes.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyarrow as pa

from pvsignal.errors import LayoutError
from pvsignal.quarter import Quarter

TABLES = ("demo", "drug", "reac", "outc", "rpsr", "ther", "indi")
# Staged beside the tables of the FDA: its deletion lists, and what staging counted.
OTHER_TABLES = ("deleted", "rejected", "accounting", "profile", "code_value")

_FOLDER = Path(__file__).parent
_TABLE_FILES = ("faers_eras.csv", "faers_layout.csv", "corrections.csv")

_DERIVED_TYPES = {
    "integer": pa.int32(),
    "age": pa.float64(),
    "weight": pa.float64(),
    "duration": pa.float64(),
    "number": pa.float64(),
}
_NUMBER_TYPES = ("key", "case", "sequence")
_STAMP = [("quarter", pa.string()), ("quarter_no", pa.int16())]
_OTHER_SCHEMAS = {
    "deleted": pa.schema(
        [
            *_STAMP,
            ("line", pa.int32()),
            ("caseid", pa.int64()),
            ("member", pa.string()),
        ]
    ),
    "rejected": pa.schema(
        [
            *_STAMP,
            ("table_name", pa.string()),
            ("member", pa.string()),
            ("line", pa.int32()),
            ("reason", pa.string()),
            ("bytes", pa.binary()),
        ]
    ),
    "accounting": pa.schema(
        [
            *_STAMP,
            ("table_name", pa.string()),
            ("member", pa.string()),
            ("era", pa.string()),
            ("physical_lines", pa.int64()),
            ("header_lines", pa.int64()),
            ("blank_lines", pa.int64()),
            ("splits", pa.int64()),
            ("joins", pa.int64()),
            ("staged", pa.int64()),
            ("rejected", pa.int64()),
        ]
    ),
    "profile": pa.schema(
        [
            *_STAMP,
            ("table_name", pa.string()),
            ("column_name", pa.string()),
            ("n_rows", pa.int64()),
            ("n_blank", pa.int64()),
        ]
    ),
    "code_value": pa.schema(
        [
            *_STAMP,
            ("table_name", pa.string()),
            ("column_name", pa.string()),
            ("value", pa.string()),
            ("n_rows", pa.int64()),
        ]
    ),
}


@dataclass(frozen=True)
class Column:
    """One canonical column of a table.

    Attributes
    ----------
    table, name
        Canonical names, those of the FDA's files since 2014q3.
    type
        key, case, sequence, integer, date, age, weight, duration, number or text.
    unit_column
        Name of the column that holds the unit of this one, or None.
    derived
        Name of the typed column that stands beside the raw text, or None.
    form
        Regular expression of the values that begin a record, or '' where the era
        tells (key, sequence) or the column does not help to recognise a record.
    cells
        Era to (position from 0, lower-case header) in that era's files.
    """

    table: str
    name: str
    type: str
    unit_column: str | None
    derived: str | None
    form: str
    cells: Mapping[str, tuple[int, str]]

    @property
    def is_number(self) -> bool:
        """True where the staged column is the number itself, without raw text."""
        return self.type in _NUMBER_TYPES

    @property
    def staged(self) -> tuple[tuple[str, pa.DataType], ...]:
        """Staged columns (name, type): the value, then what is derived from it."""
        if self.is_number:
            return ((self.name, pa.int64()),)
        raw = (self.name, pa.string())
        if self.derived is None:
            return (raw,)
        if self.type == "date":
            precision = (f"{self.derived}_precision", pa.string())
            return (raw, (self.derived, pa.date32()), precision)
        return (raw, (self.derived, _DERIVED_TYPES[self.type]))


@dataclass(frozen=True)
class Era:
    """Quarters whose files have the same headers.

    Attributes
    ----------
    name
        a and b (LAERS), c0, c and d (FAERS).
    first
        First quarter; an era lasts until the next begins.
    key_form, sequence_form
        Regular expressions of a primaryid (ISR) and of a drug sequence number.
    """

    name: str
    first: Quarter
    key_form: str
    sequence_form: str


@dataclass(frozen=True)
class Correction:
    """A value of one record that holds the delimiter.

    Attributes
    ----------
    primaryid
        First field of the record.
    text
        The value as it should be read, delimiter included.
    """

    primaryid: str
    text: str


@cache
def _rows(name: str) -> tuple[dict[str, str], ...]:
    with (_FOLDER / name).open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def _eras() -> tuple[Era, ...]:
    return tuple(
        Era(
            row["era"],
            Quarter.parse(row["first_quarter"]),
            row["key_form"],
            row["sequence_form"],
        )
        for row in _rows("faers_eras.csv")
    )


@cache
def _columns() -> tuple[Column, ...]:
    return tuple(
        Column(
            row["table"],
            row["column"],
            row["type"],
            row["unit_column"] or None,
            row["derived"] or None,
            row["form"],
            {
                era.name: _cell(row[f"era_{era.name}"])
                for era in _eras()
                if row[f"era_{era.name}"]
            },
        )
        for row in _rows("faers_layout.csv")
    )


def _cell(text: str) -> tuple[int, str]:
    position, _, header_text = text.partition(":")
    return int(position) - 1, header_text


@cache
def columns(table: str) -> tuple[Column, ...]:
    """Columns of a table in canonical order, those absent from an era included."""
    found = tuple(column for column in _columns() if column.table == table)
    if not found:
        raise LayoutError(f"'{table}' is no table; there are {', '.join(TABLES)}")
    return found


@cache
def canonical(table: str, era: str) -> Mapping[int, Column]:
    """Column at each position (from 0) of an era's records, in file order."""
    placed = {
        column.cells[era][0]: column for column in columns(table) if era in column.cells
    }
    if sorted(placed) != list(range(len(placed))) or not placed:
        raise LayoutError(
            f"faers_layout.csv gives no unbroken row of positions to {table} in era "
            f"{era}; correct it"
        )
    return dict(sorted(placed.items()))


@cache
def header(table: str, era: str) -> tuple[str, ...]:
    """Header of an era's file, cells stripped and in lower case.

    Examples
    --------
    >>> header("outc", "c0")
    ('primaryid', 'caseid', 'outc_code')
    """
    return tuple(column.cells[era][1] for column in canonical(table, era).values())


def eras_of_header(table: str, cells: tuple[str, ...]) -> tuple[str, ...]:
    """Eras whose files have this header; some tables kept theirs over several."""
    return tuple(era.name for era in _eras() if header(table, era.name) == cells)


def era_of_header(table: str, cells: tuple[str, ...]) -> str | None:
    """First era whose files have this header, or None.

    Parameters
    ----------
    table
        Canonical table name.
    cells
        Header cells, stripped and in lower case.
    """
    return next(iter(eras_of_header(table, cells)), None)


def era_of_quarter(quarter: Quarter) -> str:
    """Era that a quarter belongs to by its date.

    Raises
    ------
    LayoutError
        If the quarter lies before the first file (2004q1).

    Examples
    --------
    >>> era_of_quarter(Quarter(2012, 4))
    'c0'
    """
    begun = [era.name for era in _eras() if era.first <= quarter]
    if not begun:
        raise LayoutError(
            f"{quarter} is before the first file that the FDA published, that of "
            f"{_eras()[0].first}; check the quarter"
        )
    return begun[-1]


@cache
def record_start(table: str, era: str) -> tuple[re.Pattern[bytes], ...]:
    """Forms of the leading fields by which a record of an era is recognised.

    For LAERS DRUG: an ISR of 7 or 8 digits, a sequence number of 10, a role code.
    """
    (known,) = (one for one in _eras() if one.name == era)
    era_forms = {"key": known.key_form, "sequence": known.sequence_form}
    forms = []
    for column in canonical(table, era).values():
        form = era_forms.get(column.type, column.form)
        if not form:
            break
        forms.append(re.compile(form.encode("ascii")))
    return tuple(forms)


_DATE_LOOK = re.compile(rb"\d{0,8}")
_NUMBER_LOOK = re.compile(rb"[-+.,\d]*")
_CODE_LOOK = re.compile(rb"[A-Za-z0-9]{0,5}")
_LOOKS = {
    "date": _DATE_LOOK,
    **dict.fromkeys(("integer", "age", "weight", "duration", "number"), _NUMBER_LOOK),
}


@cache
def looks(table: str, era: str) -> tuple[tuple[int, re.Pattern[bytes]], ...]:
    """How dates, numbers and codes of an era's records look, by position from 0.

    A value may look otherwise and is staged all the same; where the number of fields
    leaves a doubt, these decide whether values stand where they belong.
    """
    coded = dict.fromkeys(coded_columns(table), _CODE_LOOK)
    return tuple(
        (place, look)
        for place, column in canonical(table, era).items()
        if (look := coded.get(column.name) or _LOOKS.get(column.type))
    )


def corrections(table: str, quarter: Quarter) -> tuple[Correction, ...]:
    """Known upstream errors of one file."""
    return tuple(
        Correction(row["primaryid"], row["text"])
        for row in _rows("corrections.csv")
        if row["table"] == table and Quarter.parse(row["quarter"]) == quarter
    )


@cache
def coded_columns(table: str) -> tuple[str, ...]:
    """Columns of a table whose values are codes that the FDA documents, sorted.

    Examples
    --------
    >>> coded_columns("drug")
    ('dechal', 'rechal', 'role_cod', 'val_vbm')
    """
    found = {row["column"] for row in _rows("faers_codes.csv") if row["table"] == table}
    return tuple(sorted(found))


@cache
def staged_schema(table: str) -> pa.Schema:
    """Give the schema of a staged Parquet file.

    Parameters
    ----------
    table
        One of ``TABLES``, or ``deleted``, ``rejected``, ``accounting``, ``profile``,
        ``code_value``.
    """
    if table in _OTHER_SCHEMAS:
        return _OTHER_SCHEMAS[table]
    typed = [field for column in columns(table) for field in column.staged]
    return pa.schema([*_STAMP, ("line", pa.int32()), *typed])


@cache
def layout_hash() -> str:
    """SHA-256 over the layout tables and the code that reads them, 64 hex digits."""
    digest = hashlib.sha256()
    for name in (*_TABLE_FILES, Path(__file__).name):
        digest.update(name.encode())
        digest.update((_FOLDER / name).read_bytes())
    # Which columns are coded changes what is staged; which codes are known does not.
    for table in TABLES:
        digest.update(" ".join((table, *coded_columns(table))).encode())
    return digest.hexdigest()
