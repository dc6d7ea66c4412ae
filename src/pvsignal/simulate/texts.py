"""Columns of text that are made piece by piece, when a quarter is written.

A column holds the numbers that it is made of, as small as they can be. The text of all
rows of the span at once would take several times as much memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pvsignal.simulate.vocabulary import Flags, Floats, Ints

# Some sums of dates and days are typed as integers by numpy's stubs.
Days: TypeAlias = npt.NDArray[Any]
# A pyarrow string array; stubs of pyarrow, where installed, lack the calls used here.
Made: TypeAlias = Any

DAY, MONTH, YEAR, ABSENT = range(4)


@dataclass(frozen=True)
class Texts:
    """A column of text.

    Attributes
    ----------
    n
        Number of rows.
    make
        Gives the texts of a slice or of an array of row numbers.
    """

    n: int
    make: Callable[[Any], Made]

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, row: int) -> Made:
        """Text of a row, as a pyarrow scalar."""
        return self.make(slice(row, row + 1))[0]

    def slice(self, begin: int, length: int) -> Made:
        """Texts of some rows, as a pyarrow array."""
        return self.make(slice(begin, begin + length))

    def take(self, rows: Ints) -> Texts:
        """Column of the texts of these rows."""
        index = compact(rows)
        return Texts(len(rows), lambda at: self.make(index[at]))


def compact(numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Integers in four bytes where they fit."""
    limits = np.iinfo(np.int32)
    if len(numbers) == 0 or numbers.dtype.itemsize <= limits.dtype.itemsize:
        return numbers
    if numbers.min() < limits.min or numbers.max() > limits.max:
        return numbers
    return numbers.astype(np.int32)


def named(names: Sequence[str], numbers: npt.NDArray[Any]) -> Texts:
    """Names by number; -1 gives an empty text."""
    texts: Made = pa.array([*names, ""], pa.string())
    kind = np.int16 if len(names) < np.iinfo(np.int16).max else np.int32
    small = np.where(numbers < 0, len(names), numbers).astype(kind)
    return Texts(len(small), lambda at: texts.take(pa.array(small[at])))


def numbered(numbers: Ints, present: Flags | None = None) -> Texts:
    """Integers as text, empty where they are not present."""
    small = compact(numbers)

    def make(at: Any) -> Made:
        mask = None if present is None else ~present[at]
        texts: Any = pa.array(small[at], mask=mask)
        return pc.fill_null(texts.cast(pa.string()), "")

    return Texts(len(small), make)


def tenths(numbers: Floats) -> Texts:
    """Write with one decimal, none where it is zero: ``71.5``, ``71``."""
    rounded = np.round(numbers * 10).astype(np.int64)
    whole, part = rounded // 10, rounded % 10
    return either(
        part == 0,
        numbered(whole),
        joined(numbered(whole), ".", named(tuple("0123456789"), part)),
    )


def constant(text: str, n: int) -> Texts:
    """The same text in each row."""
    texts: Made = pa.array([text], pa.string())
    first = np.broadcast_to(np.int8(0), n)
    return Texts(n, lambda at: texts.take(pa.array(np.ascontiguousarray(first[at]))))


def joined(*parts: Texts | str) -> Texts:
    """Parts of each row one after another."""
    (n, *_) = (len(part) for part in parts if isinstance(part, Texts))
    join: Any = pc.binary_join_element_wise

    def make(at: Any) -> Made:
        return join(*(p if isinstance(p, str) else p.make(at) for p in parts), "")

    return Texts(n, make)


def either(chosen: Flags, this: Texts | str, that: Texts | str) -> Texts:
    """Text of one column where chosen, else of the other."""

    def make(at: Any) -> Made:
        return pc.if_else(
            pa.array(chosen[at]),
            *(p if isinstance(p, str) else p.make(at) for p in (this, that)),
        )

    return Texts(len(chosen), make)


def where(present: Flags, texts: Texts) -> Texts:
    """Texts where they are present, else empty."""
    return either(present, texts, "")


def replaced(texts: Texts, rows: Ints, others: Texts) -> Texts:
    """Texts of some rows (sorted) replaced by those of another, shorter column."""
    place = np.full(len(texts), -1, dtype=np.int32)
    place[rows] = np.arange(len(rows))

    def make(at: Any) -> Made:
        here = place[at]
        is_other = here >= 0
        made: Made = others.make(here[is_other])
        return pc.replace_with_mask(texts.make(at), pa.array(is_other), made)

    return Texts(len(texts), make)


def written(write: Callable[..., str], *numbers: Ints) -> Texts:
    """Texts that a function makes of the numbers of each row."""
    small = [compact(part) for part in numbers]

    def make(at: Any) -> Made:
        cells = zip(*(part[at].tolist() for part in small), strict=True)
        return pa.array([write(*cell) for cell in cells], pa.string())

    return Texts(len(small[0]), make)


def upper(texts: Texts) -> Texts:
    """Upper case."""
    return Texts(len(texts), lambda at: pc.utf8_upper(texts.make(at)))


def dates(days: Days, precision: Ints | int) -> Texts:
    """Dates as the FDA writes them: 8, 6 or 4 digits, or nothing."""
    small = days.astype("datetime64[D]").astype(np.int32)
    shown = np.broadcast_to(np.asarray(precision, dtype=np.int8), small.shape)

    def make(at: Any) -> Made:
        day, kind = small[at].astype("datetime64[D]"), shown[at]
        month_number = day.astype("datetime64[M]").astype(np.int64)
        year, month = month_number // 12 + 1970, month_number % 12 + 1
        of_month = (day - day.astype("datetime64[M]")).astype(np.int64) + 1
        number = np.where(
            kind == DAY,
            year * 10_000 + month * 100 + of_month,
            np.where(kind == MONTH, year * 100 + month, year),
        )
        return numbered(number, kind != ABSENT).make(slice(None))

    return Texts(len(small), make)
