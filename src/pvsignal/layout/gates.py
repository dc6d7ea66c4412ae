"""What a quarter is held against: documented codes, known counts, bounds of the gates.

The facts are tables beside this module. ``faers_codes.csv`` has a row per documented
code, ``known_counts.csv`` the rows of each table of the 90 quarters up to 2026q2 as
counted on the FDA's archives, ``gates.csv`` each bound with its reason. The rules that
use them are SQL, in ``sql/checks``.
"""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pvsignal.quarter import Quarter

_FOLDER = Path(__file__).parent
_FILES = ("faers_codes.csv", "known_counts.csv", "gates.csv")


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
    ``archive_bytes`` (bytes of the zip).
    """

    quarter: Quarter
    table: str
    n: int


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
