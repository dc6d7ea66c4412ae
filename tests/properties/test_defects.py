"""Whatever repairable damage records meet, staging gives the records back."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pvsignal import layout
from pvsignal.quarter import Quarter
from pvsignal.sources import records
from tests.archives import record_line
from tests.staging import is_balanced, movements, staged_member

QUARTERS = {"a": "2004q1", "b": "2011q2", "c0": "2012q4", "c": "2013q1", "d": "2024q1"}
FREE_TEXT = {
    "demo": ("mfr_num", "mfr_sndr", "lit_ref", "auth_num"),
    "drug": ("drugname", "prod_ai", "route", "dose_vbm", "lot_num", "dose_form"),
    "reac": ("pt", "drug_rec_act"),
    "outc": (),
    "rpsr": (),
    "ther": (),
    "indi": ("indi_pt",),
}
CODES = {
    "role_cod": ("PS", "SS", "C", "I", "DN"),
    "i_f_code": ("I", "F", ""),
    "outc_cod": ("DE", "HO", "OT"),
    "rpsr_cod": ("HP", "CSM"),
    "caseversion": ("1", "2", "13"),
}
WORDS = [
    "ACID",
    "Ménière’s",
    "NOS)",
    '"VITAMINS"',
    "#1",
    "Parkinson^s",
    "SOLUCI?N",
    "5%",
    "O'BRIEN",
    "A\\B",
    "NA",
    "N/A",
    "0.9%",
    "-BETA",
    "null",
    "\xa0x\x85y",
    "\x92s",
]

Record = dict[str, str]


def _text(rng: random.Random) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(rng.choice((0, 1, 2, 2, 5))))


def _record(rng: random.Random, table: str, era: str) -> Record:
    """A record as the layout of its era has it, its key and codes in form."""
    is_legacy = era in ("a", "b")
    caseid = str(rng.randint(3_000_000, 26_000_000))
    record = {}
    for column in layout.canonical(table, era).values():
        if column.name == "primaryid":
            legacy = str(rng.randint(3_000_000, 99_999_999))
            value = legacy if is_legacy else caseid + str(rng.randint(1, 20))
        elif column.name == "caseid":
            value = caseid
        elif column.type == "sequence":
            value = str(
                rng.randint(1_004_000_000, 1_030_000_000)
                if is_legacy
                else rng.randint(1, 99)
            )
        elif column.name in CODES:
            value = rng.choice(CODES[column.name])
        elif column.name in FREE_TEXT[table]:
            value = _text(rng)
        elif column.type == "date":
            value = rng.choice(("", "2011", "201103", "20110317"))
        else:
            value = rng.choice(("", "", "Y", "44", "UNK", "one tablet"))
        record[column.name] = value
    return record


@dataclass
class Damaged:
    """Lines of a member, the records in them, and what staging should count."""

    table: str
    era: str
    rng: random.Random
    lines: list[bytes] = field(default_factory=list)
    records: list[tuple[int, Record]] = field(default_factory=list)
    refused: list[tuple[int, bytes]] = field(default_factory=list)
    splits: int = 0
    joins: int = 0
    blank: int = 0

    def line_of(self, record: Record) -> str:
        return record_line(self.table, self.era, record)

    def is_closed(self) -> bool:
        return self.era in ("a", "b") and self.table != "indi"

    def breakable(self) -> list[str]:
        """Free-text columns; a break in the last value of an open line is no defect
        that can be told from a record and a stray line."""
        names = [
            column.name for column in layout.canonical(self.table, self.era).values()
        ]
        if not self.is_closed():
            names.pop()
        return [name for name in FREE_TEXT[self.table] if name in names]

    def add(
        self,
        *records: Record,
        text: bytes | None = None,
        starts: list[int] | None = None,
    ) -> None:
        """Add records; of glued ones each begins where its text does."""
        number = len(self.lines) + 2
        for n, record in enumerate(records):
            after = 0 if starts is None else starts[n]
            self.records.append((number + after, record))
        whole = self.line_of(records[0]).encode() if text is None else text
        parts = whole.split(b"\n")
        self.joins += sum(bool(part.strip(b"\r \x08")) for part in parts) - 1
        self.blank += sum(not part.strip(b"\r \x08") for part in parts)
        self.lines += parts

    # ------------------------------------------------------- repairable, one a line

    def whole(self) -> None:
        self.add(_record(self.rng, self.table, self.era))

    def glued(self) -> None:
        records = [
            _record(self.rng, self.table, self.era)
            for _ in range(self.rng.choice((2, 3)))
        ]
        between = "" if self.is_closed() else "$"
        text = between.join(self.line_of(record) for record in records)
        self.add(*records, text=text.encode())
        self.splits += len(records) - 1

    def glued_and_broken(self) -> None:
        """Any of the glued records is broken before a delimiter."""
        records = [
            _record(self.rng, self.table, self.era)
            for _ in range(self.rng.choice((2, 3)))
        ]
        text, starts = "", []
        for record in records:
            if text and not self.is_closed():
                text += "$"
            starts.append(text.count("\n"))
            cells = self.line_of(record).split("$")
            at = self.rng.randrange(1, len(cells))
            is_whole = self.rng.random() < 0.4
            parts = ("$".join(cells[:at]), "$" + "$".join(cells[at:]))
            text += ("" if is_whole else "\n").join(parts)
        self.add(*records, text=text.encode(), starts=starts)
        self.splits += len(records) - 1

    def broken_in_value(self) -> None:
        record = _record(self.rng, self.table, self.era)
        names = self.breakable()
        if not names:
            return self.whole()
        name = self.rng.choice(names)
        pieces = [_text(self.rng) or "X" for _ in range(self.rng.choice((2, 2, 3)))]
        end = self.rng.choice(("\n", "\r\n", "\n\n"))
        torn = record | {name: end.join(pieces)}
        self.add(record | {name: " ".join(pieces)}, text=self.line_of(torn).encode())
        return None

    def broken_before_delimiter(self) -> None:
        record = _record(self.rng, self.table, self.era)
        cells = self.line_of(record).split("$")
        at = self.rng.randrange(1, len(cells))
        text = "$".join(cells[:at]) + "\n$" + "$".join(cells[at:])
        self.add(record, text=text.encode())

    def broken_after_delimiter(self) -> None:
        """A break at the begin of a free text."""
        record = _record(self.rng, self.table, self.era)
        names = self.breakable()
        if not names:
            return self.whole()
        name = self.rng.choice(names)
        value = record[name] or "X"
        torn = record | {name: "\n" + value}
        self.add(record | {name: value}, text=self.line_of(torn).encode())
        return None

    def control_bytes(self) -> None:
        record = _record(self.rng, self.table, self.era)
        text = self.line_of(record)
        for _ in range(self.rng.choice((1, 3))):
            at = self.rng.randint(0, len(text))
            control = self.rng.choice("\x00\x08\x1a\x1f\x7f")
            text = text[:at] + control + text[at:]
        self.add(record, text=text.encode())

    def carriage_return_in_value(self) -> None:
        record = _record(self.rng, self.table, self.era)
        names = FREE_TEXT[self.table]
        torn = {n: v.replace(" ", "\r") if n in names else v for n, v in record.items()}
        self.add(record, text=self.line_of(torn).encode())

    def blank_line(self) -> None:
        self.lines.append(self.rng.choice((b"", b" ", b"\x1a", b"\t")))
        self.blank += 1

    def closed_otherwise(self) -> None:
        """With the delimiter at its end that the other lines lack, or without.

        Dates, numbers and codes look as they should: else nobody could tell the end
        of the line from a delimiter inside a value.
        """
        record = _record(self.rng, self.table, self.era)
        names = [c.name for c in layout.canonical(self.table, self.era).values()]
        for place, look in layout.looks(self.table, self.era):
            if not look.fullmatch(record[names[place]].encode()):
                record |= {names[place]: ""}
        text = self.line_of(record)
        self.add(record, text=(text[:-1] if self.is_closed() else text + "$").encode())

    # --------------------------------------------------------------- beyond repair

    def cut_short(self) -> None:
        record = _record(self.rng, self.table, self.era)
        cells = self.line_of(record).split("$")
        n_fields = len(layout.header(self.table, self.era))
        self._refuse("$".join(cells[: self.rng.randrange(1, n_fields)]))

    def delimiter_in_value(self) -> None:
        names = [c.name for c in layout.canonical(self.table, self.era).values()]
        record = _record(self.rng, self.table, self.era)
        # With an empty last value an open line would pass for a closed one.
        record |= {names[-1]: record[names[-1]] or "X"}
        name = (*self.breakable(), names[-1])[0]
        self._refuse(self.line_of(record | {name: "JP-CUBIST-$E2B"}))

    def garbage(self) -> None:
        self._refuse(self.rng.choice(("x" + "$" * 60, "SQL> spool off", "\x08broken")))

    def _refuse(self, text: str) -> None:
        self.refused.append((len(self.lines) + 2, text.encode()))
        self.lines.append(text.encode())

    def body(self) -> bytes:
        """All lines, CRLF and LF mixed."""
        ends = [self.rng.choice((b"\r\n", b"\n")) for _ in self.lines]
        return b"".join(line + end for line, end in zip(self.lines, ends, strict=True))


REPAIRABLE = (
    Damaged.whole,
    Damaged.glued,
    Damaged.glued_and_broken,
    Damaged.broken_in_value,
    Damaged.broken_before_delimiter,
    Damaged.broken_after_delimiter,
    Damaged.control_bytes,
    Damaged.carriage_return_in_value,
    Damaged.blank_line,
    Damaged.closed_otherwise,
)
BEYOND = (Damaged.cut_short, Damaged.delimiter_in_value, Damaged.garbage)


def _values(table: str, era: str, rows: list[dict]) -> list[tuple[int, Record]]:
    """Staged rows as records: the raw text of each column, numbers as text."""
    names = [column.name for column in layout.canonical(table, era).values()]
    return [
        (row["line"], {n: "" if row[n] is None else str(row[n]) for n in names})
        for row in rows
    ]


@pytest.mark.parametrize("era", QUARTERS)
@pytest.mark.parametrize("table", layout.TABLES)
@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    defects=st.lists(st.sampled_from(REPAIRABLE), min_size=1, max_size=12),
    block_bytes=st.sampled_from((400, 1_500, 8_000_000)),
)
def test_records_come_back_whatever_repairable_damage_they_met(
    table, era, seed, defects, block_bytes
):
    made = Damaged(table, era, random.Random(seed))
    # Undamaged lines, as nearly all are, tell how a line of this file ends.
    for _ in range(20):
        made.whole()
    for defect in defects:
        defect(made)
    made.whole()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "_BLOCK_BYTES", block_bytes)
        one = staged_member(table, made.body(), QUARTERS[era])
    assert one.rejected == ()
    assert _values(table, era, one.rows.to_pylist()) == made.records
    counted = {"splits": made.splits, "joins": made.joins, "blank": made.blank}
    assert movements(one) == {name: n for name, n in counted.items() if n}
    assert is_balanced(one)


@pytest.mark.parametrize("era", QUARTERS)
@pytest.mark.parametrize("table", layout.TABLES)
@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    defects=st.lists(st.sampled_from((*BEYOND, *REPAIRABLE)), max_size=8),
)
def test_every_byte_of_a_line_beyond_repair_is_rejected_and_no_other(
    table, era, seed, defects
):
    made = Damaged(table, era, random.Random(seed))
    for defect in (*defects, *BEYOND):
        defect(made)
        if defect in BEYOND:
            # Without a good line between, it might be the rest of what is before it.
            made.whole()
    for _ in range(20):
        made.whole()
    one = staged_member(table, made.body(), QUARTERS[era])
    assert [(r.line, r.bytes) for r in one.rejected] == made.refused
    assert _values(table, era, one.rows.to_pylist()) == made.records
    assert is_balanced(one)


def test_every_era_is_tried():
    assert {layout.era_of_quarter(Quarter.parse(q)) for q in QUARTERS.values()} == set(
        QUARTERS
    )
