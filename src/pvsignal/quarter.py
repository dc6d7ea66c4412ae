"""Calendar quarters and spans of them, the time axis of everything."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pvsignal.errors import UsageError

_QUARTER = re.compile(r"^(\d{4})[qQ]([1-4])$")


@dataclass(frozen=True, order=True)
class Quarter:
    """A calendar quarter, written ``2024q1``.

    Examples
    --------
    >>> Quarter.parse("2012q4").next()
    Quarter(year=2013, number=1)
    >>> str(Quarter.from_ordinal(8048))
    '2012q1'
    """

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Quarter:
        """Quarter written as ``2024q1`` (any case of the q).

        Raises
        ------
        UsageError
            If the text is not a quarter.
        """
        found = _QUARTER.match(text.strip())
        if not found:
            raise UsageError(f"'{text}' is no quarter; write it as 2024q1")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def from_ordinal(cls, ordinal: int) -> Quarter:
        """Quarter of an ordinal as stored in ``quarter_no``."""
        return cls(ordinal // 4, ordinal % 4 + 1)

    @property
    def ordinal(self) -> int:
        """Quarters since year 0: ``quarter_no`` of the SQL models (a smallint)."""
        return self.year * 4 + self.number - 1

    @property
    def first_day(self) -> dt.date:
        """First calendar day of the quarter."""
        return dt.date(self.year, 3 * self.number - 2, 1)

    @property
    def last_day(self) -> dt.date:
        """Last calendar day of the quarter."""
        return self.next().first_day - dt.timedelta(days=1)

    def next(self) -> Quarter:
        """Return the quarter that follows."""
        return Quarter.from_ordinal(self.ordinal + 1)

    def __str__(self) -> str:
        return f"{self.year}q{self.number}"


@dataclass(frozen=True)
class QuarterSpan:
    """All quarters from ``first`` to ``last``, both included."""

    first: Quarter
    last: Quarter

    @classmethod
    def parse(cls, text: str) -> QuarterSpan:
        """Span written as ``2019q1..2026q2``, or one quarter alone.

        Raises
        ------
        UsageError
            If the text is no span or ends before it begins.
        """
        first, _, last = text.partition("..")
        span = cls(Quarter.parse(first), Quarter.parse(last or first))
        if span.last < span.first:
            raise UsageError(f"the span '{text}' ends before it begins")
        return span

    def __contains__(self, quarter: Quarter) -> bool:
        return self.first <= quarter <= self.last

    def __iter__(self) -> Iterator[Quarter]:
        for ordinal in range(self.first.ordinal, self.last.ordinal + 1):
            yield Quarter.from_ordinal(ordinal)

    def __len__(self) -> int:
        return self.last.ordinal - self.first.ordinal + 1

    def __str__(self) -> str:
        return f"{self.first}..{self.last}"
