"""Defects of the FDA's files, written into simulated archives on demand.

`DEFECTS` is the table of them. Those of *lines* damage how records stand in a file:
staging must give the records back, or reject the line. Those of *content* come as
reports of their own (``odd_reports``), so that what was planted elsewhere stays true.
Those of *members* concern ends of lines, deletion lists and files that are no data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pvsignal.layout import TABLES
from pvsignal.quarter import Quarter
from pvsignal.simulate.choices import chosen

LINES, CONTENT, MEMBERS = "lines", "content", "members"

_ERAS_BEGIN, _FAERS_BEGINS = Quarter(2004, 1), Quarter(2012, 4)
_LISTS_BEGIN, _DN_BEGINS = Quarter(2019, 1), Quarter(2024, 4)
_LEGACY_ENDS = Quarter(2012, 3)
# Free text in which the FDA's files hold breaks and control bytes.
_FREE_TEXT = {
    "demo": ("mfr_num", "mfr_sndr", "lit_ref"),
    "drug": ("drugname", "prod_ai", "route", "dose_vbm"),
    "reac": ("pt",),
    "indi": ("indi_pt",),
}
# A defect has this many lines to itself; the last of them always stays whole.
_SLOT = 4


@dataclass(frozen=True)
class Defect:
    """One defect of the FDA's files.

    Attributes
    ----------
    name
        As given to ``--defects``.
    kind
        lines, content or members.
    seen
        Where it was seen.
    staging
        What staging must make of it.
    tables
        Tables that it can stand in.
    first, last
        Quarters that it can stand in.
    """

    name: str
    kind: str
    seen: str
    staging: str
    tables: tuple[str, ...] = TABLES
    first: Quarter = _ERAS_BEGIN
    last: Quarter | None = None

    def fits(self, quarter: Quarter) -> bool:
        """Whether it can stand in a quarter."""
        return self.first <= quarter and (self.last is None or quarter <= self.last)


_TEXT_TABLES = tuple(_FREE_TEXT)

DEFECTS: Mapping[str, Defect] = {
    one.name: one
    for one in (
        # ------------------------------------------------------------------ lines
        Defect("glued_two", LINES, "DRUG10Q2, DRUG11Q2 to Q4", "1 split"),
        Defect("glued_three", LINES, "DRUG11Q2 to Q4", "2 splits"),
        Defect(
            "broken_and_glued",
            LINES,
            "DRUG10Q2",
            "1 join, 1 split",
            _TEXT_TABLES,
        ),
        Defect(
            "broken_in_value",
            LINES,
            "legacy DRUG and DEMO, DRUG08Q4",
            "1 join",
            _TEXT_TABLES,
        ),
        Defect("broken_before_delimiter", LINES, "legacy DEMO", "1 join"),
        Defect(
            "control_byte",
            LINES,
            "legacy DRUG (0x08), DRUG11Q4 (0x7F)",
            "byte dropped",
            _TEXT_TABLES,
        ),
        Defect(
            "carriage_return",
            LINES,
            "inside values",
            "a blank in its place",
            _TEXT_TABLES,
        ),
        Defect("other_close", LINES, "$ at the end of some lines only", "as others"),
        Defect("blank_lines", LINES, "between records", "2 blank lines"),
        Defect("delimiter_in_value", LINES, "DEMO12Q1", "rejected", ("demo",)),
        Defect("unrepairable", LINES, "a line that is cut short", "rejected"),
        # ---------------------------------------------------------------- content
        Defect(
            "known_delimiter",
            CONTENT,
            "DEMO12Q1, ISR 8129732",
            "repaired by corrections.csv",
            ("demo",),
            Quarter(2012, 1),
            Quarter(2012, 1),
        ),
        Defect(
            "cp1252_byte",
            CONTENT,
            "0x92 in 2004q1",
            "read as latin-1",
            ("drug",),
            last=_LEGACY_ENDS,
        ),
        Defect(
            "utf8_text",
            CONTENT,
            "DRUG13Q1",
            "read as UTF-8",
            ("drug",),
            first=_FAERS_BEGINS,
        ),
        Defect("substituted_sign", CONTENT, "^ and ? of the FDA", "kept", ("indi",)),
        Defect("quotes", CONTENT, "2012q4 DRUG", "kept", ("drug",)),
        Defect("unnamed_drug", CONTENT, "2012q4 DRUG", "NULL", ("drug",)),
        Defect(
            "text_in_number",
            CONTENT,
            "dose_amt and exp_dt of 2013q1",
            "kept, no number",
            ("drug",),
        ),
        Defect("odd_duration", CONTENT, "dur that is no number", "kept", ("ther",)),
        Defect("odd_date", CONTENT, "00010101, 91990101, 19000101", "kept", ("demo",)),
        Defect("odd_age", CONTENT, "23 DEC, 126 YR, U, 163/6", "kept", ("demo",)),
        Defect("odd_weight", CONTENT, "80,505 KG", "kept, no weight", ("demo",)),
        Defect(
            "odd_country",
            CONTENT,
            "NA, EU, COUNTRY NOT SPECIFIED",
            "kept",
            ("demo",),
            first=Quarter(2005, 3),
        ),
        Defect(
            "odd_follow_up",
            CONTENT,
            "FOLL_SEQ blank, #1, C-",
            "kept",
            ("demo",),
            last=_LEGACY_ENDS,
        ),
        Defect(
            "new_role",
            CONTENT,
            "DN since 2024q4",
            "kept",
            ("drug",),
            first=_DN_BEGINS,
        ),
        Defect("unknown_role", CONTENT, "never documented", "kept", ("drug",)),
        Defect(
            "null_case",
            CONTENT,
            "7 ISRs of 2004q1",
            "staged, no case",
            ("demo",),
            last=_LEGACY_ENDS,
        ),
        Defect("repeated_row", CONTENT, "2012q4, 2013q1", "2 rows, 1 case", ("demo",)),
        Defect(
            "repeated_primaryid",
            CONTENT,
            "four of 2012q4 DEMO",
            "2 rows, the last counts",
            ("demo",),
        ),
        Defect(
            "recurring_primaryid",
            CONTENT,
            "2,075 primaryids under two cases",
            "a report in each quarter",
            ("demo",),
        ),
        Defect("orphan_rows", CONTENT, "698 in 2013q1", "staged", ("drug", "reac")),
        Defect("no_drug", CONTENT, "reports without DRUG", "no report", ("demo",)),
        Defect("no_reaction", CONTENT, "reports without REAC", "no report", ("demo",)),
        Defect("no_primary_suspect", CONTENT, "reports without PS", "kept", ("drug",)),
        Defect("primary_suspects", CONTENT, "two PS in a report", "kept", ("drug",)),
        # ---------------------------------------------------------------- members
        Defect("mixed_line_ends", MEMBERS, "2026q2", "as others"),
        Defect("line_feeds", MEMBERS, "2017q4", "as others"),
        Defect("stray_members", MEMBERS, "2026q1 Thumbs.db, PDFs", "not read", ()),
        Defect("deeper_copy", MEMBERS, "re-issued archives", "not read", ()),
        Defect(
            "list_start",
            MEMBERS,
            "blank, one space or a case",
            "as it is",
            (),
            first=_LISTS_BEGIN,
        ),
        Defect(
            "list_repeats",
            MEMBERS,
            "2019q2 and 2019q1 share 102 ids",
            "a row each",
            (),
            first=_LISTS_BEGIN,
        ),
    )
}


def choose_defects(text: str) -> tuple[str, ...]:
    """Names that ``--defects`` gives: ``all``, or names separated by commas.

    Raises
    ------
    UsageError
        If a name is unknown.

    Examples
    --------
    >>> choose_defects("glued_two, null_case")
    ('glued_two', 'null_case')
    """
    return tuple(chosen(text, DEFECTS, option="--defects", what="defect"))


@dataclass(frozen=True)
class Note:
    """What was broken where, and what staging must count: a row of ``defects.csv``."""

    defect: str = ""
    quarter: str = ""
    member: str = ""
    line: int = 0
    n_splits: int = 0
    n_joins: int = 0
    n_blank: int = 0
    n_rejected: int = 0
    expected: str = ""


@dataclass(frozen=True)
class Shape:
    """How a record of a member is written.

    Attributes
    ----------
    table
        Canonical name.
    names
        Canonical columns in file order.
    close
        What follows the last value, ``$`` in most legacy tables.
    """

    table: str
    names: tuple[str, ...]
    close: str

    @property
    def breakable(self) -> tuple[int, ...]:
        """Places of free text in which a break can be told from two lines.

        A break in the last value of an open line leaves a whole record.
        """
        places = range(len(self.names) if self.close else len(self.names) - 1)
        free = _FREE_TEXT.get(self.table, ())
        return tuple(place for place in places if self.names[place] in free)


@dataclass(frozen=True)
class Piece:
    """Physical lines that stay together, without ends, and what is odd on them.

    Attributes
    ----------
    lines
        The lines.
    n_records
        Records of the undamaged file that they hold.
    note
        What was done, place still to come, or None.
    offset
        Line of the piece that the note is about.
    """

    lines: tuple[str, ...]
    n_records: int = 1
    note: Note | None = None
    offset: int = 0


_Damage = Callable[[np.random.Generator, Sequence[str], Shape], Piece | None]


def damage_lines(
    lines: Sequence[str],
    shape: Shape,
    names: Iterable[str],
    quarter: Quarter,
    *,
    streams: Callable[[str], np.random.Generator],
) -> list[Piece]:
    """Lines of a member with each of the named defects once, where there is room.

    Parameters
    ----------
    lines
        Records, closed as the table closes them.
    shape
        How they are written.
    names
        Defects wanted; those of other kinds, tables and quarters are passed over.
    quarter
        Quarter of the archive.
    streams
        Source of randomness for a name.
    """
    wanted = [
        name
        for name in names
        if name in _LINE_DAMAGE
        and shape.table in DEFECTS[name].tables
        and DEFECTS[name].fits(quarter)
    ]
    # In a small member there is no room for all: each quarter begins with another.
    turn = quarter.ordinal % max(1, len(wanted))
    free = list(range(0, len(lines) - _SLOT + 1, _SLOT))
    damaged: dict[int, Piece] = {}
    for name in [*wanted[turn:], *wanted[:turn]]:
        rng = streams(f"{name} {shape.table}")
        for start in rng.permutation(free).tolist():
            piece = _LINE_DAMAGE[name](rng, lines[start : start + _SLOT - 1], shape)
            if piece is not None and piece.note is not None:
                note = replace(piece.note, defect=name, quarter=str(quarter))
                damaged[start] = replace(piece, note=note)
                free.remove(start)
                break
    pieces: list[Piece] = []
    at = 0
    while at < len(lines):
        piece = damaged.get(at, Piece((lines[at],)))
        pieces.append(piece)
        at += piece.n_records
    return pieces


def _glued(n_records: int) -> _Damage:
    def damage(
        rng: np.random.Generator, lines: Sequence[str], shape: Shape
    ) -> Piece | None:
        between = "" if shape.close else "$"
        note = Note(n_splits=n_records - 1, expected=f"{n_records} equal rows")
        return Piece((between.join(lines[:n_records]),), n_records, note)

    return damage


def _values_with(cells: Sequence[str], shape: Shape, text: str) -> list[int]:
    """Places of free text that hold a text inside the value."""
    return [place for place in shape.breakable if text in cells[place].strip() and text]


def _broken_in_value(
    rng: np.random.Generator, lines: Sequence[str], shape: Shape
) -> Piece | None:
    cells = lines[0].split("$")
    places = _values_with(cells, shape, " ")
    if not places:
        return None
    place = places[rng.integers(len(places))]
    before, _, after = cells[place].partition(" ")
    first = "$".join([*cells[:place], before])
    second = "$".join([after, *cells[place + 1 :]])
    note = Note(n_joins=1, expected=f"equal row; break in {shape.names[place]}")
    return Piece((first, second), 1, note)


def _broken_and_glued(
    rng: np.random.Generator, lines: Sequence[str], shape: Shape
) -> Piece | None:
    broken = _broken_in_value(rng, lines, shape)
    if broken is None:
        return None
    first, second = broken.lines
    between = "" if shape.close else "$"
    note = Note(n_splits=1, n_joins=1, expected="2 equal rows, the first broken")
    return Piece((first, second + between + lines[1]), 2, note)


def _broken_before_delimiter(
    rng: np.random.Generator, lines: Sequence[str], shape: Shape
) -> Piece | None:
    cells = lines[0].split("$")
    at = int(rng.integers(1, len(cells)))
    parts = ("$".join(cells[:at]), "$" + "$".join(cells[at:]))
    note = Note(n_joins=1, expected=f"equal row; break after {at} fields")
    return Piece(parts, 1, note)


def _control_byte(
    rng: np.random.Generator, lines: Sequence[str], shape: Shape
) -> Piece | None:
    cells = lines[0].split("$")
    places = [place for place in shape.breakable if cells[place]]
    if not places:
        return None
    place = places[rng.integers(len(places))]
    at = int(rng.integers(0, len(cells[place]) + 1))
    control = "\x08\x7f"[rng.integers(2)]
    cells[place] = cells[place][:at] + control + cells[place][at:]
    note = Note(expected=f"equal row; 0x{ord(control):02X} in {shape.names[place]}")
    return Piece(("$".join(cells),), 1, note)


def _carriage_return(
    rng: np.random.Generator, lines: Sequence[str], shape: Shape
) -> Piece | None:
    cells = lines[0].split("$")
    places = _values_with(cells, shape, " ")
    if not places:
        return None
    place = places[rng.integers(len(places))]
    cells[place] = cells[place].replace(" ", "\r", 1)
    note = Note(expected=f"equal row; CR in {shape.names[place]} is a blank")
    return Piece(("$".join(cells),), 1, note)


def _other_close(
    rng: np.random.Generator, lines: Sequence[str], shape: Shape
) -> Piece | None:
    line = lines[0].removesuffix("$") if shape.close else lines[0] + "$"
    return Piece((line,), 1, Note(expected="equal row"))


def _blank_lines(
    rng: np.random.Generator, lines: Sequence[str], shape: Shape
) -> Piece | None:
    blank = ("", " ", "\x1a")
    return Piece(
        (lines[0], blank[rng.integers(3)], blank[rng.integers(3)]),
        1,
        Note(n_blank=2, expected="2 blank lines"),
        offset=1,
    )


def _delimiter_in_value(
    rng: np.random.Generator, lines: Sequence[str], shape: Shape
) -> Piece | None:
    # With an empty last value an open line would pass for a closed one.
    if not shape.close and lines[0].endswith("$"):
        return None
    cells = lines[0].split("$")
    cells[shape.names.index("mfr_num")] = "SIM-$E2B0000000182"
    return _with_reject(lines[0], "$".join(cells), shape)


def _unrepairable(
    rng: np.random.Generator, lines: Sequence[str], shape: Shape
) -> Piece | None:
    cells = lines[0].split("$")
    n_left = int(rng.integers(1, len(shape.names)))
    return _with_reject(lines[0], "$".join(cells[:n_left]), shape)


def _with_reject(line: str, bad: str, shape: Shape) -> Piece:
    """A record and after it a line that is none."""
    n_fields = bad.count("$") + 1
    reason = f"{n_fields} fields where {len(shape.names)} are expected"
    note = Note(n_rejected=1, expected=f"rejected: {reason}")
    return Piece((line, bad), 1, note, offset=1)


_LINE_DAMAGE: Mapping[str, _Damage] = {
    "glued_two": _glued(2),
    "glued_three": _glued(3),
    "broken_and_glued": _broken_and_glued,
    "broken_in_value": _broken_in_value,
    "broken_before_delimiter": _broken_before_delimiter,
    "control_byte": _control_byte,
    "carriage_return": _carriage_return,
    "other_close": _other_close,
    "blank_lines": _blank_lines,
    "delimiter_in_value": _delimiter_in_value,
    "unrepairable": _unrepairable,
}
