"""Tiny invented archives in the FDA's shape, for tests of every stage.

Tables are lists of mappings from canonical column to text; what is not given is empty.
The header dialect, line ends, member names and folders are those of the quarter.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from pvsignal import layout
from pvsignal.quarter import Quarter
from pvsignal.sources.members import (
    OtherEncoding,
    StagedPart,
    joined,
    stage_blocks,
)

Rows = Sequence[Mapping[str, object]]

# The layout table holds header cells stripped; the files of 2012q4 are not.
ODD_CELLS = {("demo", "c0", "rept_dt"): " rept_dt"}


def write_archive(
    path: Path,
    quarter: Quarter | str,
    tables: Mapping[str, Rows],
    deleted: Sequence[int] = (),
    *,
    raw: Mapping[str, bytes] | None = None,
) -> Path:
    """Write a zip as the FDA would have made it for that quarter.

    Parameters
    ----------
    path
        File to write, or a folder in which it gets the FDA's name.
    quarter
        Quarter, also as text.
    tables
        Table to rows; a table that is not given has a header only.
    deleted
        Case numbers of the deletion list, written from 2019q1 on.
    raw
        Member path to bytes, in place of a table's member or beside it.
    """
    quarter = Quarter.parse(quarter) if isinstance(quarter, str) else quarter
    if path.is_dir():
        path = path / archive_name(quarter)
    members = {
        member_name(table, quarter): member_bytes(table, quarter, tables.get(table, ()))
        for table in layout.TABLES
    }
    if quarter >= Quarter(2019, 1):
        members[deletions_name(quarter)] = deletions_bytes(deleted)
    members |= raw or {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            # A fixed time: the same rows give the same bytes, hence the same hash.
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data)
    return path


def archive_name(quarter: Quarter) -> str:
    return f"{'aers' if is_legacy(quarter) else 'faers'}_ascii_{quarter}.zip"


def is_legacy(quarter: Quarter) -> bool:
    return layout.era_of_quarter(quarter) in ("a", "b")


def member_name(table: str, quarter: Quarter) -> str:
    tag = f"{quarter.year % 100:02}q{quarter.number}"
    if is_legacy(quarter):
        return f"ascii/{table.upper()}{tag.upper()}.TXT"
    if quarter == Quarter(2012, 4):
        return f"ascii/{table}{tag}.txt"
    return f"ASCII/{table.upper()}{tag.upper()}.txt"


def deletions_name(quarter: Quarter) -> str:
    tag = f"{quarter.year % 100:02}Q{quarter.number}"
    if quarter < Quarter(2020, 4):
        return f"deleted/ADR{tag}DeletedCases.txt"
    if quarter < Quarter(2021, 4):
        return f"Deleted/{tag}DeletedCases.txt"
    return f"Deleted/DELETE{tag}.txt"


def deletions_bytes(deleted: Sequence[int]) -> bytes:
    """A list with the one space that most of the FDA's begin with."""
    return b" \n" + b"".join(b"%d\n" % caseid for caseid in deleted)


def header_line(table: str, era: str) -> str:
    cells = [
        ODD_CELLS.get((table, era, cell), cell) for cell in layout.header(table, era)
    ]
    return "$".join(cells).upper() if era in ("a", "b") else "$".join(cells)


def record_line(table: str, era: str, row: Mapping[str, object]) -> str:
    """One record; those of the legacy era end in a delimiter, except in INDI."""
    unknown = set(row) - {column.name for column in layout.columns(table)}
    assert not unknown, f"{table} has no {unknown}"
    cells = [str(row.get(c.name, "")) for c in layout.canonical(table, era).values()]
    is_terminated = era in ("a", "b") and table != "indi"
    return "$".join(cells) + ("$" if is_terminated else "")


def member_bytes(
    table: str, quarter: Quarter, rows: Rows, *, encoding: str = "utf-8"
) -> bytes:
    """Text of a member: header and a line per row, CRLF before 2017q4 and LF after."""
    era = layout.era_of_quarter(quarter)
    lines = [header_line(table, era), *(record_line(table, era, row) for row in rows)]
    end = "\r\n" if quarter < Quarter(2017, 4) else "\n"
    text = "".join(line + end for line in lines).encode(encoding)
    return b"\xef\xbb\xbf" + text if (table, era) == ("drug", "c0") else text


def stage_table(
    table: str, data: bytes, quarter: Quarter, *, where: tuple[str, str]
) -> StagedPart:
    """Stage a member that is given whole; all of its rows, rejects and account."""

    def read_as(encoding: str) -> StagedPart:
        blocks = stage_blocks(
            table, io.BytesIO(data), quarter, where=where, encoding=encoding
        )
        return joined(list(blocks))

    try:
        return read_as("utf-8")
    except OtherEncoding:
        return read_as("latin-1")
