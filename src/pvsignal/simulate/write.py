"""Writes tables as the FDA publishes them: ``$`` text in one zip a quarter.

A quarter holds the rows that earlier cohorts set aside for it, then those of its own.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from pvsignal.layout import TABLES, canonical, era_of_quarter, header
from pvsignal.quarter import Quarter
from pvsignal.simulate.aside import Aside, Lines
from pvsignal.simulate.columns import Table
from pvsignal.simulate.defects import Note, Shape
from pvsignal.simulate.odd_reports import OddReport
from pvsignal.simulate.spoil import (
    Defective,
    draw_odd_reports,
    spoil_list,
    spoil_table,
    stray_members,
)
from pvsignal.simulate.texts import Made
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
    """One archive and what staging must make of it.

    Attributes
    ----------
    path
        The archive.
    accounts
        Table, or path of a deletion list, to its counts: ``rows`` that must be staged;
        with defects also lines, splits, joins, blank and rejected.
    notes
        Defects, in the order of members and lines.
    odd
        Reports whose content is odd.
    """

    path: Path
    accounts: Mapping[str, Mapping[str, int]]
    notes: tuple[Note, ...] = ()
    odd: tuple[OddReport, ...] = ()


def write_archive(
    folder: Path,
    quarter: Quarter,
    *,
    position: int,
    tables: Mapping[str, Table],
    aside: Aside,
    deletions: pd.DataFrame,
) -> Written:
    """Zip of one quarter under the FDA's name."""
    path = folder / archive_name(quarter)
    accounts: dict[str, Mapping[str, int]] = {}
    with _written_whole(path) as archive:
        for table in TABLES:
            before = aside.take(position, table)
            own = _lines(tables[table], table, quarter, position)
            accounts[table] = {"rows": before.n + own.n}
            content = b"".join((_head(table, quarter), before.text, own.text))
            _add(archive, member_name(table, quarter), content)
        for name, caseids in _lists(quarter, position, deletions):
            accounts[name] = {"rows": len(caseids)}
            # The FDA's lists begin with a line that holds one blank.
            body = "".join(f"{caseid}\n" for caseid in caseids)
            _add(archive, name, (" \n" + body).encode("latin-1"))
        _add(archive, "SIMULATED.txt", NOTICE.encode("ascii"))
    return Written(path, accounts)


def write_defective_archive(
    folder: Path,
    quarter: Quarter,
    *,
    position: int,
    tables: Mapping[str, Table],
    aside: Aside,
    deletions: pd.DataFrame,
    defective: Defective,
) -> Written:
    """Zip of one quarter under the FDA's name, with defects as the FDA's files have."""
    path = folder / archive_name(quarter)
    odd = draw_odd_reports(defective, quarter, tables, position=position)
    names = {table: member_name(table, quarter) for table in TABLES}
    members = {}
    for table, name in names.items():
        lines = aside.take(position, table)
        own = _lines(tables[table], table, quarter, position)
        members[name] = spoil_table(
            defective,
            quarter,
            Shape(table, tuple(_order(table, quarter)), _close(table, quarter)),
            member=name,
            mark=_mark(table, quarter),
            lines=_records(lines.text + own.text, table, quarter),
            odd=odd,
            first=_first_line(table, quarter),
            end=_line_end(table, quarter),
        )
    before = deletions.loc[deletions["quarter"] == position - 1, "caseid"].to_numpy()
    for name, caseids in _lists(quarter, position, deletions):
        members[name] = spoil_list(
            defective, quarter, member=name, caseids=caseids, earlier=before
        )
    strays = list(stray_members(defective, quarter, names))
    with _written_whole(path) as archive:
        for name, member in members.items():
            _add(archive, name, member.content)
        for name, content, _ in strays:
            _add(archive, name, content)
        _add(archive, "SIMULATED.txt", NOTICE.encode("ascii"))
    tables_of = {name: table for table, name in names.items()}
    return Written(
        path,
        {tables_of.get(name, name): one.account for name, one in members.items()},
        (
            *(note for member in members.values() for note in member.notes),
            *(note for *_, note in strays),
        ),
        tuple(odd),
    )


@contextmanager
def _written_whole(path: Path) -> Iterator[zipfile.ZipFile]:
    """Zip that has its name once it is complete."""
    draft = path.with_suffix(".part")
    with zipfile.ZipFile(draft, "w") as archive:
        yield archive
    draft.replace(path)


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


def set_aside(
    aside: Aside,
    quarter: Quarter,
    *,
    position: int,
    tables: Mapping[str, Table],
) -> None:
    """Keep the lines of a later quarter until it is written."""
    for table in TABLES:
        lines = _lines(tables[table], table, quarter, position)
        aside.put(position, table, lines)


def _lines(table: Table, name: str, quarter: Quarter, position: int) -> Lines:
    """Data lines of a quarter, closed as its files have them."""
    begin, end = table.bounds(position)
    if begin == end:
        return Lines(b"", 0)
    *parts, last = (
        table.columns[column].slice(begin, end - begin)
        for column in _order(name, quarter)
    )
    join: Any = pc.binary_join_element_wise
    close = _close(name, quarter) + _line_end(name, quarter)
    text = _concatenated(join(*parts, join(last, close, ""), "$"))
    return Lines(text, end - begin)


def _concatenated(texts: Made) -> bytes:
    """All texts of a string array one after another, in Latin-1."""
    offsets = np.frombuffer(texts.buffers()[1], np.int32)
    first, last = offsets[texts.offset], offsets[texts.offset + len(texts)]
    text = memoryview(texts.buffers()[2])[first:last].tobytes()
    if text.isascii():
        return text
    return text.decode("utf-8").encode("latin-1", errors="replace")


def _records(text: bytes, table: str, quarter: Quarter) -> list[str]:
    """Lines one by one, without close and line end."""
    close = _close(table, quarter) + _line_end(table, quarter)
    return text.decode("latin-1").split(close)[:-1]


def _head(table: str, quarter: Quarter) -> bytes:
    """Byte-order mark, header and line end, as they stand before the data lines."""
    head = _first_line(table, quarter) + _line_end(table, quarter)
    return _mark(table, quarter) + head.encode("ascii")


def _first_line(table: str, quarter: Quarter) -> str:
    """Header as the FDA wrote it in that quarter."""
    first = "$".join(header(table, era_of_quarter(quarter)))
    if quarter < _FIRST_FAERS:
        return first.upper()
    if quarter == _FIRST_FAERS and table == "demo":
        return first.replace("$rept_dt", "$ rept_dt")
    return first


def _mark(table: str, quarter: Quarter) -> bytes:
    """Byte-order mark that 2012q4 DRUG begins with."""
    return b"\xef\xbb\xbf" if (table, quarter) == ("drug", _FIRST_FAERS) else b""


def _close(table: str, quarter: Quarter) -> str:
    """What data lines have more than the header.

    Legacy lines close with one `$`, except in INDI (seen in 2004q1).
    """
    return "$" if quarter < _FIRST_FAERS and table != "indi" else ""


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
