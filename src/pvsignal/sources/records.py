"""Logical records of a member: physical lines, and the repair of those out of form.

Almost every line is *plain*: it has the number of fields of its table and no control
byte. Plain lines are found by counting bytes and passed on as bytes. The few others are
looked at one by one. The FDA's files hold records glued to one line (DRUG of 2011),
records broken over lines (DRUG and DEMO of the legacy era), stray control bytes (0x08,
0x7F) and, in one known place, the delimiter inside a value.

A member is read in blocks, so that memory does not grow with it. A block ends before a
plain line, where no record can be torn.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

import numpy as np
import numpy.typing as npt

from pvsignal.errors import LayoutError

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

DELIMITER = b"$"
BOM = b"\xef\xbb\xbf"

_LF, _CR, _TAB, _DOLLAR, _BLANK, _DELETE = 10, 13, 9, 36, 32, 127
# Counting works on pieces that stay in the processor's cache.
_PIECE_BYTES = 4 * 1024 * 1024
# Read at once; memory grows with it, speed hardly.
_BLOCK_BYTES = 8 * 1024 * 1024
# So much without one plain line, or so many lines to repair in one block, is not a file
# of its table.
_ODD_BYTES_MAX = 64 * 1024 * 1024
_ODD_LINES_MAX = 1_000_000
_REPAIR_LINES_MAX = 100_000
_HEADER_BYTES_MAX = 64 * 1024
# Lines by which one way of ending lines can be ahead of the other: few enough that a
# file may change its ways, enough that a handful at the end of a file decide nothing.
_LEAD_MAX = 100_000
_CONTROL = bytes({*range(32), _DELETE} - {_TAB, _CR})
# Stands for a delimiter inside a value while the record is cut; no line that is cut
# still holds a control byte.
_INSIDE = b"\x1f"
# Records that one line is known to hold at most, and lines that one record may take.
_GLUED_MAX, _LINES_MAX = 3, 100
_KEY = re.compile(rb"[1-9][0-9]{0,17}")

# The line that a record begins on, among those taken together, and its fields.
_Placed = tuple[int, Sequence[bytes]]


class Source(Protocol):
    """Bytes that are read once, from first to last."""

    def read(self, n: int = -1, /) -> bytes:
        """Up to ``n`` bytes, none at the end."""

    def readline(self, limit: int = -1, /) -> bytes:
        """Bytes up to and with the next line feed, at most ``limit``."""


@dataclass(frozen=True)
class Lines:
    """Physical lines of a block.

    Attributes
    ----------
    data
        All bytes.
    first
        Number of the first line in its member, the header being 1.
    starts, ends
        Offsets of the first byte and of the line feed (or the end of the data), int64.
    n_delimiters
        Number of ``$`` on each line.
    is_unclean
        True where a line holds a control byte other than tab, or a carriage return that
        is not part of its end.
    """

    data: bytes
    first: int
    starts: Numbers
    ends: Numbers
    n_delimiters: Numbers
    is_unclean: Flags

    def __len__(self) -> int:
        return len(self.ends)

    def raw(self, first: int, last: int | None = None) -> bytes:
        """Bytes of a line, or of all lines up to ``last``, without the final end.

        Lines are counted from 0 here.
        """
        end = self.ends[first if last is None else last]
        return self.data[self.starts[first] : end].rstrip(b"\r")

    def head(self, n: int) -> Lines:
        """Return the first ``n`` lines."""
        if n == len(self):
            return self
        return Lines(
            self.data[: self.starts[n]],
            self.first,
            self.starts[:n],
            self.ends[:n],
            self.n_delimiters[:n],
            self.is_unclean[:n],
        )


@dataclass(frozen=True)
class Form:
    """What a record of one file looks like.

    Attributes
    ----------
    n_fields
        Fields of a record.
    start
        Patterns of its leading fields.
    values
        Known values that hold the delimiter, by the record's first field.
    looks
        Patterns of the fields that hold a date, a number or a code, by position from 0.
    """

    n_fields: int
    start: tuple[re.Pattern[bytes], ...]
    values: tuple[tuple[bytes, bytes], ...] = ()
    looks: tuple[tuple[int, re.Pattern[bytes]], ...] = ()

    def cut(self, text: bytes) -> tuple[bytes, ...]:
        """Fields of a clean line; a known value stays whole."""
        for key, value in self.values:
            if text.startswith(key + DELIMITER):
                text = text.replace(value, value.replace(DELIMITER, _INSIDE))
        fields = text.split(DELIMITER)
        return tuple(field.replace(_INSIDE, DELIMITER) for field in fields)

    def fits(self, fields: Sequence[bytes]) -> bool:
        """Tell whether the number of fields is right; one more may be empty."""
        n_extra = len(fields) - self.n_fields
        return n_extra == 0 or (n_extra == 1 and not fields[-1])

    def looks_right(self, fields: Sequence[bytes]) -> bool:
        """Tell whether dates, numbers and codes stand where they belong."""
        return all(form.fullmatch(fields[place]) for place, form in self.looks)

    def starts(self, fields: Sequence[bytes]) -> bool:
        """Tell whether the fields begin like a record, as far as they go."""
        return all(
            form.fullmatch(field)
            for form, field in zip(self.start, fields, strict=False)
        )

    def is_record(self, fields: Sequence[bytes]) -> bool:
        """Tell whether the fields are a whole record with a key."""
        return self.fits(fields) and _KEY.fullmatch(fields[0]) is not None


@dataclass(frozen=True)
class Repaired:
    """A record that was not a plain line.

    Attributes
    ----------
    line
        Physical line that it begins on, the header being 1.
    fields
        Its values, as many as the table has columns.
    raw
        The bytes it was made of: its lines, or its part of a glued line.
    """

    line: int
    fields: tuple[bytes, ...]
    raw: bytes


@dataclass(frozen=True)
class Refused:
    """A line that is no record.

    Attributes
    ----------
    line
        Its number, the header being 1.
    reason
        Why.
    raw
        Its bytes.
    """

    line: int
    reason: str
    raw: bytes


@dataclass(frozen=True)
class Records:
    """All records of one block.

    Attributes
    ----------
    lines
        The lines they were made of.
    plain
        The plain lines with their ends, ready for a CSV reader.
    plain_line
        Number of each plain line, the header being 1.
    n_plain_fields
        Fields of each plain line: those of the table, or one more that is empty.
    repaired
        Records of other lines, in file order.
    refused
        Lines that are no record, in file order.
    n_blank, n_splits, n_joins
        Blank lines; records more than lines by cutting; lines more than records by
        joining.
    """

    lines: Lines
    plain: bytes
    plain_line: Numbers
    n_plain_fields: int
    repaired: tuple[Repaired, ...]
    refused: tuple[Refused, ...]
    n_blank: int
    n_splits: int
    n_joins: int


def physical_lines(data: bytes, *, first: int = 1) -> Lines:
    """Find the lines of a block; a last line without line feed counts.

    A line ends at a line feed, with or without carriage return before it. A carriage
    return elsewhere is a byte of the line.
    """
    raw = np.frombuffer(data, np.uint8)
    ends, counted, strange = [], [], []
    n_before = 0
    for at in range(0, len(raw), _PIECE_BYTES):
        block = raw[at : at + _PIECE_BYTES]
        control = np.flatnonzero((block < _BLANK) | (block == _DELETE))
        kind = block[control]
        feeds = control[kind == _LF]
        delimiters = np.flatnonzero(block == _DOLLAR)
        counted.append(n_before + np.searchsorted(delimiters, feeds))
        n_before += len(delimiters)
        ends.append(at + feeds)
        strange.append(at + control[(kind != _LF) & (kind != _TAB)])
    if data and raw[-1] != _LF:
        ends.append(np.array([len(raw)]))
        counted.append(np.array([n_before]))
    all_ends = _joined(ends)
    return Lines(
        data,
        first,
        starts=np.concatenate([[0], all_ends[:-1] + 1])[: len(all_ends)],
        ends=all_ends,
        n_delimiters=np.diff(_joined(counted), prepend=0),
        is_unclean=_lines_with(_unclean(raw, _joined(strange)), all_ends),
    )


def _joined(parts: Sequence[npt.NDArray[np.integer]]) -> Numbers:
    return np.concatenate([np.empty(0, np.int64), *parts]).astype(np.int64, copy=False)


def _unclean(raw: npt.NDArray[np.uint8], at: Numbers) -> Numbers:
    """Offsets that are not a carriage return directly before a line feed."""
    after = raw[np.minimum(at + 1, len(raw) - 1)]
    unclean: Numbers = at[(raw[at] != _CR) | (after != _LF)]
    return unclean


def _lines_with(offsets: Numbers, ends: Numbers) -> Flags:
    flags = np.zeros(len(ends), np.bool_)
    flags[np.searchsorted(ends, offsets)] = True
    return flags


def clean(raw: bytes) -> bytes:
    r"""Text of a line: no control bytes, no line end, a CR inside as a blank.

    Examples
    --------
    >>> clean(b"MOR\x08PHINE\rSULFATE\r")
    b'MORPHINE SULFATE'
    """
    return raw.translate(None, _CONTROL).rstrip(b"\r").replace(b"\r", b" ")


def read_header(source: Source) -> tuple[str, ...]:
    """Cells of the first line, stripped and in lower case, without BOM.

    Empty cells at the end are left out: a header may end in the delimiter.
    """
    line = source.readline(_HEADER_BYTES_MAX)
    text = clean(line.removesuffix(b"\n").removeprefix(BOM)).decode("latin-1").lower()
    cells = [cell.strip() for cell in text.split("$")]
    while cells and not cells[-1]:
        cells.pop()
    return tuple(cells)


def read_blocks(
    source: Source, form: Form, *, where: str, block_bytes: int | None = None
) -> Iterator[Records]:
    """Read the records of a member whose header was read, block by block.

    Parameters
    ----------
    source
        Member, standing behind the header.
    form
        What its records look like.
    where
        Names of archive and member, for the message.
    block_bytes
        Bytes read at once; they do not change the records of a file whose lines all
        end alike.

    Raises
    ------
    LayoutError
        If 64 MB or a million lines hold no plain line, or a block has more than 100,000
        lines to repair.
    """
    size = block_bytes or _BLOCK_BYTES
    rest, first, lead = b"", 2, 0
    while more := source.read(size):
        lines = physical_lines(rest + more, first=first)
        is_terminated = _lead(lines, form, lead) > 0
        # The last line may go on in the next block.
        plain = np.flatnonzero(_is_plain(lines, form, is_terminated)[:-1])
        n_whole = int(plain[-1]) if len(plain) else 0
        if n_whole:
            whole = lines.head(n_whole)
            _require_orderly(whole, form, is_terminated, where=where)
            # The others are in the next block again.
            lead = _lead(whole, form, lead)
            yield read_records(whole, form, is_terminated=is_terminated)
        rest, first = lines.data[lines.starts[n_whole] :], first + n_whole
        if len(rest) > _ODD_BYTES_MAX or len(lines) - n_whole > _ODD_LINES_MAX:
            raise LayoutError(
                f"{where}: from line {first} on {len(rest):,} bytes hold no record of "
                f"{form.n_fields} fields; fetch the archive again, or look at this line"
            )
    lines = physical_lines(rest, first=first)
    _require_orderly(lines, form, _lead(lines, form, lead) > 0, where=where)
    yield read_records(lines, form, is_terminated=_lead(lines, form, lead) > 0)


def _require_orderly(
    lines: Lines, form: Form, is_terminated: bool, *, where: str
) -> None:
    """Refuse a block that would be repaired line by line for most of it."""
    n_odd = int(np.count_nonzero(_is_odd(lines, form, is_terminated)))
    if n_odd > _REPAIR_LINES_MAX:
        raise LayoutError(
            f"{where}: from line {lines.first} on {n_odd:,} of {len(lines):,} lines "
            f"are no record of {form.n_fields} fields; fetch the archive again, or "
            "look at these lines"
        )


def read_records(lines: Lines, form: Form, *, is_terminated: bool) -> Records:
    """Sort lines into plain, repaired, refused and blank.

    A line with too many fields is cut before whatever looks like a new record, if
    every part then has the right number of fields. A line with too few is joined with
    the lines after it, but not past a line that begins or is a record; joined lines
    are cut like a single one. What neither makes a record is refused.

    Parameters
    ----------
    lines
        Lines of data.
    form
        What a record looks like.
    is_terminated
        Whether the lines of this file end in a delimiter that the header lacks, as
        legacy data lines do.
    """
    is_plain = _is_plain(lines, form, is_terminated)
    odd = np.flatnonzero(_is_odd(lines, form, is_terminated))
    repair = _Repair(lines, form, is_terminated=is_terminated)
    repair.n_blank = len(lines) - int(np.count_nonzero(is_plain)) - len(odd)
    # Odd lines have no plain line between them where as many stand before each.
    n_before = np.cumsum(is_plain)[odd]
    for _, run in groupby(
        zip(n_before.tolist(), odd.tolist(), strict=True), key=lambda pair: pair[0]
    ):
        repair.run([number for _, number in run])
    return Records(
        lines=lines,
        plain=_bytes_of(lines, is_plain),
        plain_line=np.flatnonzero(is_plain) + lines.first,
        n_plain_fields=form.n_fields + is_terminated,
        repaired=tuple(repair.repaired),
        refused=tuple(repair.refused),
        n_blank=repair.n_blank,
        n_splits=repair.n_splits,
        n_joins=repair.n_joins,
    )


def _is_plain(lines: Lines, form: Form, is_terminated: bool) -> Flags:
    """Which lines have the fields of a record, and one empty one if terminated.

    A line that begins with a delimiter is not plain: its key is on the line before, if
    anywhere.
    """
    n_delimiters = form.n_fields - 1 + is_terminated
    flags: Flags = (lines.n_delimiters == n_delimiters) & ~lines.is_unclean
    if not len(lines):
        return flags
    raw = np.frombuffer(lines.data, np.uint8)
    flags &= raw[np.minimum(lines.starts, len(raw) - 1)] != _DOLLAR
    if is_terminated:
        ends = lines.ends - ((lines.ends > 0) & (raw[lines.ends - 1] == _CR))
        flags &= raw[ends - 1] == _DOLLAR
    return flags


def _is_odd(lines: Lines, form: Form, is_terminated: bool) -> Flags:
    """Which lines are neither plain nor empty, so that each is looked at."""
    raw = np.frombuffer(lines.data, np.uint8)
    length = lines.ends - lines.starts
    if len(raw):
        last = raw[np.maximum(lines.ends - 1, 0)]
        length -= (length > 0) & (last == _CR)
    flags: Flags = (length > 0) & ~_is_plain(lines, form, is_terminated)
    return flags


def _lead(lines: Lines, form: Form, before: int) -> int:
    """By how many lines those that end in a delimiter are ahead of the others."""
    n_terminated = int(np.count_nonzero(_is_plain(lines, form, True)))
    n_bare = int(np.count_nonzero(_is_plain(lines, form, False)))
    return max(-_LEAD_MAX, min(_LEAD_MAX, before + n_terminated - n_bare))


def _bytes_of(lines: Lines, chosen: Flags) -> bytes:
    """Bytes of the chosen lines with their ends."""
    edges = np.flatnonzero(np.diff(chosen, prepend=False, append=False))
    view = memoryview(lines.data)
    return b"".join(
        view[lines.starts[first] : lines.ends[after - 1] + 1]
        for first, after in edges.reshape(-1, 2).tolist()
    )


class _Repair:
    """What comes of the lines that are not plain."""

    def __init__(self, lines: Lines, form: Form, *, is_terminated: bool) -> None:
        self.lines = lines
        self.form = form
        self.is_terminated = is_terminated
        self.repaired: list[Repaired] = []
        self.refused: list[Refused] = []
        self.n_blank = 0
        self.n_splits = 0
        self.n_joins = 0

    def run(self, numbers: Sequence[int]) -> None:
        """Take lines that stand together, with no plain line between them."""
        texts = {number: clean(self.lines.raw(number)) for number in numbers}
        filled = [number for number in numbers if texts[number].strip()]
        self.n_blank += len(numbers) - len(filled)
        at = 0
        while at < len(filled):
            near = filled[at : at + _LINES_MAX]
            at += self._take(near, [texts[number] for number in near])

    def _take(self, numbers: Sequence[int], texts: Sequence[bytes]) -> int:
        """Take the record or records that the first line begins."""
        first = numbers[0]
        n_used, parts = self._complete(texts)
        if not n_used:
            n_fields = len(self.form.cut(texts[0]))
            reason = f"{n_fields} fields where {self.form.n_fields} are expected"
            self.refused.append(
                Refused(self.lines.first + first, reason, self.lines.raw(first))
            )
            return 1
        whole = self.lines.raw(first, numbers[n_used - 1])
        for place, fields in parts:
            raw = whole if len(parts) == 1 else DELIMITER.join(fields)
            values = tuple(fields[: self.form.n_fields])
            line = self.lines.first + numbers[place]
            self.repaired.append(Repaired(line, values, raw))
        self.n_joins += n_used - 1
        self.n_splits += len(parts) - 1
        return n_used

    def _complete(self, texts: Sequence[bytes]) -> tuple[int, list[_Placed]]:
        """Lines that make the first a record or several (0: none do), and these.

        Where the plain lines end in a delimiter, a record goes on until it has it.
        """
        n_fields = self.form.n_fields
        best: tuple[int, list[_Placed]] = (0, [])
        counts: list[int] = []
        for fields in self._joined(texts):
            counts.append(len(fields))
            n_used = len(counts)
            if self.form.fits(fields):
                is_one = (n_used == 1 or self.form.starts(fields)) and (
                    self._is_known_end(fields)
                )
                parts: list[Sequence[bytes]] = [fields] if is_one else []
            else:
                parts = _parts(fields, self.form) if len(fields) > n_fields else []
            if parts and (len(parts[-1]) > n_fields or not self.is_terminated):
                return n_used, _placed(parts, counts)
            if parts:
                best = best if best[0] else (n_used, _placed(parts, counts))
            # Records that are glued were three at most; the last may be broken.
            elif len(fields) > _GLUED_MAX * n_fields + 1:
                break
            # What does not begin like a record is none, whatever is joined to it.
            if not self._may_go_on(fields):
                break
        return best

    def _is_known_end(self, fields: Sequence[bytes]) -> bool:
        """Tell whether an empty field too many is the end of the line.

        Where the lines of a file do not end in a delimiter, it may as well stand inside
        a value, and all values behind it one place too far right.
        """
        is_extra = len(fields) > self.form.n_fields
        return self.is_terminated or not is_extra or self.form.looks_right(fields)

    def _may_go_on(self, fields: Sequence[bytes]) -> bool:
        """Tell whether a record may begin like this; its last field may go on."""
        n_whole = max(1, len(fields) - 1)
        return self.form.starts(fields[:n_whole])

    def _joined(self, texts: Sequence[bytes]) -> Iterator[tuple[bytes, ...]]:
        """Fields of the first line, of the first two, and so on."""
        text = texts[0]
        yield self.form.cut(text)
        for more in texts[1:]:
            fields = self.form.cut(more)
            if self.form.starts(fields) or self.form.is_record(fields):
                return
            # A line break inside a value was white space; beside a delimiter it was
            # none.
            at_edge = text.endswith(DELIMITER) or more.startswith(DELIMITER)
            text = text + (b"" if at_edge else b" ") + more
            yield self.form.cut(text)


def _placed(parts: Sequence[Sequence[bytes]], counts: Sequence[int]) -> list[_Placed]:
    """Give each part its line, by the fields that the lines up to each one have."""
    placed = []
    at = 0
    for part in parts:
        line = next(number for number, count in enumerate(counts) if count > at)
        placed.append((line, part))
        at += len(part)
    return placed


def _parts(fields: Sequence[bytes], form: Form) -> list[Sequence[bytes]]:
    """Cut the records glued to one line; none if they do not come out even."""
    parts = []
    at = 0
    while at < len(fields):
        ends = [at + form.n_fields]
        if not any(fields[ends[0] : ends[0] + 1]):
            ends.append(ends[0] + 1)
        end = next((e for e in ends if _is_edge(fields, e, form)), None)
        if end is None or not form.starts(fields[at:]):
            return []
        parts.append(fields[at:end])
        at = end
    return parts


def _is_edge(fields: Sequence[bytes], at: int, form: Form) -> bool:
    """Tell whether a record may end before a field: nothing or a record follows."""
    rest = fields[at:]
    return at == len(fields) or (len(rest) >= len(form.start) and form.starts(rest))
