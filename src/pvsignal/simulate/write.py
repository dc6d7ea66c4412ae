"""Writes tables as the FDA publishes them: ``$`` text in one zip a quarter."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from pvsignal.layout import TABLES, canonical, era_of_quarter, header
from pvsignal.quarter import Quarter
from pvsignal.simulate.columns import Table
from pvsignal.simulate.vocabulary import Ints

NOTICE = (
    "SIMULATED DATA\n\n"
    "This archive was written by `pvsignal simulate`. It has the layout of the FDA's\n"
    "quarterly extract, but every report in it is invented. It says nothing about any\n"
    "medicine, company or patient.\n"
)
# Fixed, so that the same reports always give the same bytes.
_ZIP_TIME = (2000, 1, 1, 0, 0, 0)
_COMPRESSION_LEVEL = 4
_FIRST_FAERS = Quarter(2012, 4)
_FIRST_LIST = Quarter(2019, 1)


@dataclass(frozen=True)
class Written:
    """One archive and the number of data rows (lines of lists) of each member."""

    path: Path
    rows: Mapping[str, int]


def write_archive(
    folder: Path,
    quarter: Quarter,
    *,
    position: int,
    tables: Mapping[str, Table],
    deletions: pd.DataFrame,
) -> Written:
    """Zip of one quarter under the FDA's name."""
    path = folder / archive_name(quarter)
    rows: dict[str, int] = {}
    with zipfile.ZipFile(path, "w") as archive:
        for table in TABLES:
            lines = _lines(tables[table], _order(table, quarter), position)
            rows[table] = len(lines)
            _add(archive, member_name(table, quarter), _text(lines, table, quarter))
        for name, caseids in _lists(quarter, position, deletions):
            rows[name] = len(caseids)
            # The FDA's lists begin with a line that holds one blank.
            body = "".join(f"{caseid}\n" for caseid in caseids)
            _add(archive, name, (" \n" + body).encode("latin-1"))
        _add(archive, "SIMULATED.txt", NOTICE.encode("ascii"))
    return Written(path, rows)


def archive_name(quarter: Quarter) -> str:
    """File name of a quarter on the FDA's site."""
    prefix = "aers" if quarter < _FIRST_FAERS else "faers"
    return f"{prefix}_ascii_{quarter}.zip"


def member_name(table: str, quarter: Quarter) -> str:
    """Path of a table inside the archive, letter case as the FDA wrote it."""
    short = f"{quarter.year % 100:02d}q{quarter.number}"
    if quarter == _FIRST_FAERS:
        return f"ascii/{table}{short}.txt"
    stem = f"{table}{short}".upper()
    if quarter < _FIRST_FAERS:
        return f"ascii/{stem}.TXT"
    if quarter == Quarter(2018, 1) and table == "demo":
        stem += "_new"
    return f"{'ascii' if quarter.year < 2019 else 'ASCII'}/{stem}.txt"


def list_name(quarter: Quarter) -> str:
    """Path of the quarter's list of deleted cases inside the archive."""
    short = f"{quarter.year % 100:02d}Q{quarter.number}"
    if quarter < Quarter(2020, 1):
        return f"deleted/ADR{short}DeletedCases.txt"
    if quarter < Quarter(2020, 3):
        return f"DELETED/ADR{short}DeletedCases.txt"
    if quarter < Quarter(2020, 4):
        return f"Deleted/ADR{short}DeletedCases.txt"
    if quarter < Quarter(2021, 4):
        return f"Deleted/{short}DeletedCases.txt"
    return f"Deleted/DELETE{short}.txt"


def _lists(
    quarter: Quarter, position: int, deletions: pd.DataFrame
) -> Iterator[tuple[str, Ints]]:
    """Give the lists of a quarter; with the first came a cumulative one."""
    if quarter < _FIRST_LIST:
        return
    caseids = deletions.loc[deletions["quarter"] == position, "caseid"].to_numpy()
    yield list_name(quarter), caseids
    if quarter == _FIRST_LIST:
        yield "deleted/AllDeletedCases.txt", caseids


def _order(table: str, quarter: Quarter) -> list[str]:
    """Canonical names of the columns in the order of the quarter's files."""
    columns = canonical(table, era_of_quarter(quarter))
    return [columns[position].name for position in sorted(columns)]


def _lines(table: Table, names: list[str], position: int) -> list[str]:
    """Give the data lines of a quarter without their line ends."""
    begin = int(np.searchsorted(table.quarter, position, side="left"))
    end = int(np.searchsorted(table.quarter, position, side="right"))
    if begin == end:
        return []
    parts = [table.columns[name].slice(begin, end - begin) for name in names]
    lines: list[str] = pc.binary_join_element_wise(*parts, "$").to_pylist()
    return lines


def _text(lines: list[str], table: str, quarter: Quarter) -> bytes:
    """File of a table: header, line ends and closing ``$`` of its era."""
    era = era_of_quarter(quarter)
    first = "$".join(header(table, era))
    end = _line_end(table, quarter)
    if quarter < _FIRST_FAERS:
        # Data lines close with one `$` more than the header, except in INDI
        # (seen in 2004q1).
        close = "" if table == "indi" else "$"
        return _encode(first.upper(), lines, close + end, end)
    if era == "c0" and table == "demo":
        first = first.replace("$rept_dt", "$ rept_dt")
    text = _encode(first, lines, end, end)
    return b"\xef\xbb\xbf" + text if era == "c0" and table == "drug" else text


def _encode(first: str, lines: list[str], line_end: str, first_end: str) -> bytes:
    body = line_end.join([*lines, ""]) if lines else ""
    return (first + first_end + body).encode("latin-1", errors="replace")


def _line_end(table: str, quarter: Quarter) -> str:
    """CRLF, but LF throughout 2017q4 and in all tables but DEMO in 2026q2."""
    if quarter == Quarter(2017, 4):
        return "\n"
    if quarter == Quarter(2026, 2) and table != "demo":
        return "\n"
    return "\r\n"


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, _ZIP_TIME)
    info.create_system = 0
    archive.writestr(
        info,
        content,
        compress_type=zipfile.ZIP_DEFLATED,
        compresslevel=_COMPRESSION_LEVEL,
    )
