"""Whether the recent cases of a pair follow a date that stimulates reports.

References
----------
docs/signals.md, "Notoriety".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pvsignal.quarter import Quarter
from pvsignal.signals.verdicts import FAILS, NOT_APPLICABLE, PASSES


@dataclass(frozen=True)
class Follow:
    """A date of notoriety and the recent cases that came in the year after it.

    Attributes
    ----------
    first_no
        Quarter of the first day that the date can mean.
    date_text, ingredient, what
        As in the list.
    n_cases
        Recent cases received within twelve months after its last day.
    """

    first_no: int
    date_text: str
    ingredient: str
    what: str
    n_cases: int

    def __str__(self) -> str:
        return f"{self.date_text} ({self.ingredient}: {self.what})"


@dataclass(frozen=True)
class Outcome:
    """Outcome of the check: the share that was compared, of how many, and why."""

    outcome: str
    value: float | None
    of_n: int | None
    words: str


def check(
    n_recent: int, follows: Sequence[Follow], *, first_crossing_no: int | None
) -> Outcome:
    """Judge one pair in one quarter.

    It fails where more than half of the recent cases were received in the year after
    one date of notoriety. A date later than the quarter of the first crossing cannot
    have brought the pair onto the board and does not count.

    Parameters
    ----------
    n_recent
        Cases of the pair that entered in the last eight quarters.
    follows
        Dates up to the quarter that concern the drug, those without a case included.
    first_crossing_no
        Quarter of the first crossing as known by the quarter; None without one.
    """
    if not follows:
        words = "no date of notoriety concerns the drug by then"
        return Outcome(NOT_APPLICABLE, None, None, words)
    if not n_recent:
        words = "no case entered in the last 8 quarters"
        return Outcome(NOT_APPLICABLE, None, 0, words)
    is_after = {
        one: first_crossing_no is not None and first_crossing_no < one.first_no
        for one in follows
    }
    counting = [one for one in follows if not is_after[one]]
    most = _most(counting)
    if most and 2 * most.n_cases > n_recent:
        return Outcome(
            FAILS, most.n_cases / n_recent, n_recent, _followed(most, n_recent)
        )
    value = most.n_cases / n_recent if most else 0.0
    later = _most([one for one in follows if is_after[one]])
    own = most if most and most.n_cases else None
    exempt = later if later and (2 * later.n_cases > n_recent or not own) else None
    words = _followed(own, n_recent) if own else ""
    if exempt and exempt.n_cases and first_crossing_no is not None:
        crossed = Quarter.from_ordinal(first_crossing_no)
        words = (
            f"{_followed(exempt, n_recent)}; the pair had crossed before that,"
            f" in {crossed}"
        )
    none = f"none of {_cases(n_recent)} of the last 8 quarters came in the year after"
    return Outcome(PASSES, value, n_recent, words or f"{none} such a date")


def _most(follows: Sequence[Follow]) -> Follow | None:
    """Date with the most cases, of several the latest."""
    return max(follows, key=lambda one: (one.n_cases, one.date_text), default=None)


def _followed(one: Follow, n_recent: int) -> str:
    return (
        f"{one.n_cases} of {_cases(n_recent)} of the last 8 quarters came in the year"
        f" after {one}"
    )


def _cases(n: int) -> str:
    return "1 case" if n == 1 else f"{n} cases"
