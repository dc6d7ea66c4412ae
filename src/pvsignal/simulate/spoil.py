"""Members of a simulated archive with the defects that were asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pvsignal.layout import TABLES
from pvsignal.quarter import Quarter
from pvsignal.simulate.columns import Table
from pvsignal.simulate.defects import DEFECTS, Note, Piece, Shape, damage_lines
from pvsignal.simulate.odd_reports import (
    OddReport,
    Place,
    Row,
    Rows,
    odd_names,
    odd_report,
)
from pvsignal.simulate.texts import Made
from pvsignal.simulate.vocabulary import Ints

_FAERS = Quarter(2012, 4)
# Case numbers below belong to no simulated case: they are deleted in vain.
_FIRST_CASE = 4_000_000


@dataclass(frozen=True)
class Defective:
    """Defects to write, and what they are drawn from.

    Attributes
    ----------
    names
        Names of the defects.
    seed
        Seed of everything drawn.
    plain_cases
        Cases without therapy, neoplasm or known fate: odd reports are made after them.
    """

    names: tuple[str, ...]
    seed: int
    plain_cases: Ints

    def stream(self, quarter: Quarter, name: str) -> np.random.Generator:
        """Source of randomness of one defect in one quarter, apart from all others."""
        return np.random.default_rng(
            [self.seed, quarter.ordinal, *b"defect ", *name.encode("ascii")]
        )

    def has(self, name: str, quarter: Quarter) -> bool:
        """Whether a defect was asked for and can stand in the quarter."""
        return name in self.names and DEFECTS[name].fits(quarter)


@dataclass(frozen=True)
class Member:
    """Text of a member and what staging must count in it.

    Attributes
    ----------
    content
        Its bytes.
    n_rows
        Rows that must be staged.
    n_blank
        Blank lines, those included that the FDA's lists always have.
    notes
        Its defects, the member's name still to come in none of them.
    """

    content: bytes
    n_rows: int
    n_blank: int
    notes: tuple[Note, ...]

    @property
    def account(self) -> dict[str, int]:
        """Rows and movements, as staging must count them."""
        return {
            "rows": self.n_rows,
            "lines": self.content.count(b"\n"),
            "splits": sum(note.n_splits for note in self.notes),
            "joins": sum(note.n_joins for note in self.notes),
            "blank": self.n_blank,
            "rejected": sum(note.n_rejected for note in self.notes),
        }


# --- odd reports --------------------------------------------------------------------


def draw_odd_reports(
    defective: Defective,
    quarter: Quarter,
    tables: Mapping[str, Table],
    *,
    position: int,
) -> list[OddReport]:
    """Odd reports of a quarter, none if it has no plain report to make them after."""
    texts = {table: tables[table].within(position) for table in TABLES}
    demo = texts["demo"]
    wanted = pa.array(defective.plain_cases).cast(pa.string())
    plain = np.flatnonzero(
        pc.is_in(demo["caseid"], value_set=wanted).to_numpy(zero_copy_only=False)
    )
    drawn: list[OddReport] = []
    for number, name in enumerate(odd_names(defective.names, quarter)):
        rng = defective.stream(quarter, name)
        template = _template(rng, plain, texts)
        if template is None:
            continue
        earlier = _earlier(rng, tables["demo"], position)
        made = odd_report(name, template, Place(quarter, rng, earlier), number=number)
        if made is not None:
            drawn.append(made)
    return drawn


def _template(
    rng: np.random.Generator, plain: Ints, texts: Mapping[str, Mapping[str, Made]]
) -> Rows | None:
    """Rows of a plain report that has a drug and a reaction."""
    primaryids = texts["demo"]["primaryid"]
    for place in rng.permutation(plain)[:5].tolist():
        rows = {t: _rows_of(texts[t], primaryids[place]) for t in TABLES}
        if rows["drug"] and rows["reac"]:
            return rows
    return None


def _rows_of(columns: Mapping[str, Made], primaryid: pa.Scalar) -> list[Row]:
    is_own = pc.equal(columns["primaryid"], primaryid).to_numpy(zero_copy_only=False)
    return [
        {name: column[place].as_py() for name, column in columns.items()}
        for place in np.flatnonzero(is_own).tolist()
    ]


def _earlier(rng: np.random.Generator, demo: Table, position: int) -> str:
    """A primaryid of the quarter before, empty where there is none."""
    begin, end = demo.bounds(position - 1)
    if begin == end:
        return ""
    return str(demo.columns["primaryid"][int(rng.integers(begin, end))].as_py())


# --- tables -------------------------------------------------------------------------


def spoil_table(
    defective: Defective,
    quarter: Quarter,
    shape: Shape,
    *,
    member: str,
    mark: bytes,
    lines: Sequence[str],
    odd: Sequence[OddReport],
    first: str,
    end: str,
) -> Member:
    """Member of a table with its defects.

    Parameters
    ----------
    defective
        Defects wanted.
    quarter, shape, member
        Quarter; how records are written; path of the member.
    mark
        Bytes before the header.
    lines
        Records without their close.
    odd
        Odd reports of the quarter.
    first, end
        Header and line end.
    """

    def streams(name: str) -> np.random.Generator:
        return defective.stream(quarter, name)

    pieces = damage_lines(
        [line + shape.close for line in lines],
        shape,
        defective.names,
        quarter,
        streams=streams,
    )
    own, encoding = _odd_pieces(odd, shape, quarter)
    pieces = _mingled(streams(f"places {shape.table}"), pieces, own)
    body = [line for piece in pieces for line in piece.lines]
    ends, note = _ends(defective, quarter, shape.table, len(body), end)
    notes = [replace(note, quarter=str(quarter), line=1)] if note else []
    number = 2
    for piece in pieces:
        if piece.note is not None:
            notes.append(replace(piece.note, line=number + piece.offset))
        number += len(piece.lines)
    text = "".join([first, end, *map("".join, zip(body, ends, strict=True))])
    content = mark + text.encode(encoding, errors="replace")
    return Member(
        content,
        sum(piece.n_records for piece in pieces),
        sum(note.n_blank for note in notes),
        tuple(replace(note, member=member) for note in notes),
    )


def _odd_pieces(
    odd: Sequence[OddReport], shape: Shape, quarter: Quarter
) -> tuple[list[Piece], str]:
    """Lines of the odd reports, and the encoding that one of them asks for."""
    pieces, encoding = [], "latin-1"
    for report in odd:
        for at, row in enumerate(report.rows[shape.table]):
            cells = [row.get(name, "") for name in shape.names]
            is_it = (report.table, report.at) == (shape.table, at)
            note = Note(report.defect, str(quarter), expected=report.expected)
            line = "$".join(cells) + shape.close
            pieces.append(Piece((line,), 1, note if is_it else None))
        if report.defect == "utf8_text" and report.table == shape.table:
            encoding = "utf-8"
    return pieces, encoding


def _mingled(
    rng: np.random.Generator, pieces: Sequence[Piece], more: Sequence[Piece]
) -> list[Piece]:
    """Both in one row, each in its own order."""
    places = np.sort(rng.integers(0, len(pieces) + 1, len(more)))
    mingled = list(pieces)
    for place, piece in zip(places[::-1].tolist(), reversed(more), strict=True):
        mingled.insert(place, piece)
    return mingled


def _ends(
    defective: Defective, quarter: Quarter, table: str, n_lines: int, usual: str
) -> tuple[list[str], Note | None]:
    """End of each line; a member has the usual ends or one of the two defects."""
    rng = defective.stream(quarter, f"ends {table}")
    wanted = [n for n in ("mixed_line_ends", "line_feeds") if defective.has(n, quarter)]
    choice = rng.integers(0, len(wanted) + 1)
    if choice == len(wanted):
        return [usual] * n_lines, None
    name = wanted[choice]
    if name == "line_feeds":
        return ["\n"] * n_lines, Note(name, expected="all lines end in LF")
    ends = [("\r\n", "\n")[n] for n in rng.integers(0, 2, n_lines)]
    return ends, Note(name, expected="lines end in CRLF or LF")


# --- deletion lists and other members -----------------------------------------------


def spoil_list(
    defective: Defective,
    quarter: Quarter,
    *,
    member: str,
    caseids: Ints,
    earlier: Ints,
) -> Member:
    """Member of a deletion list with its defects; ``earlier`` is the list before."""
    lines = [str(caseid) for caseid in caseids]
    notes: list[Note] = []
    first = " \n"
    if defective.has("list_start", quarter):
        rng = defective.stream(quarter, f"list_start {member}")
        first, said = (
            ("\n", "first line blank"),
            (" \n", "first line one space"),
            ("", "first line a case"),
        )[rng.integers(3)]
        notes.append(
            Note("list_start", line=1, n_blank=int(bool(first)), expected=said)
        )
    if defective.has("list_repeats", quarter):
        vain = earlier[earlier < _FIRST_CASE]
        for caseid, said in (
            *((c, "a case listed above") for c in caseids[:1]),
            *((c, "a case of the list before") for c in vain[:1]),
        ):
            lines.append(str(caseid))
            number = len(lines) + bool(first)
            notes.append(Note("list_repeats", line=number, expected=said))
    content = (first + "".join(f"{line}\n" for line in lines)).encode("ascii")
    return Member(
        content,
        len(lines),
        int(bool(first)),
        tuple(replace(n, quarter=str(quarter), member=member) for n in notes),
    )


def stray_members(
    defective: Defective, quarter: Quarter, tables: Mapping[str, str]
) -> Iterator[tuple[str, bytes, Note]]:
    """Members that are no data: path, bytes and note of each.

    Parameters
    ----------
    defective
        Defects wanted.
    quarter
        Quarter of the archive.
    tables
        Path of each table.
    """
    tag = f"{quarter.year % 100:02d}Q{quarter.number}"
    if defective.has("stray_members", quarter):
        binary = b"\x00\x05\x16\x07$\r\n\xff\n"
        legacy = (f"ascii/STAT{tag}.TXT", f"ascii/SIZE{tag}.TXT", "Asc_nts.doc")
        current = (
            "ASCII/Thumbs.db",
            "ASCII/ASC_NTS.pdf",
            "Readme.pdf",
            f"ASCII/DEMO{tag}.pdf",
        )
        copies = [
            f"__MACOSX/{folder}/._{name}"
            for folder, _, name in (path.rpartition("/") for path in tables.values())
        ]
        for path in (*(legacy if quarter < _FAERS else current), *copies):
            note = Note("stray_members", str(quarter), path, 0, expected="not read")
            yield path, binary, note
    if defective.has("deeper_copy", quarter):
        for table in ("demo", "reac"):
            path = f"old/{tables[table]}"
            note = Note("deeper_copy", str(quarter), path, 0, expected="not read")
            yield path, b"of$another$form\r\n1$2$3\r\n", note
