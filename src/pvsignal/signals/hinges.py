"""Whether a crossing holds when some of its reports are counted otherwise.

A pair crosses in a quarter if the lower limit of the year-stratified IC lies above its
threshold in A, and B or C can judge it and has three reports and a lower limit of the
ROR above its own (docs/signals.md, "Crossing"). Here the same is asked of recounted
cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pvsignal.analysis import Thresholds
from pvsignal.signals import rules
from pvsignal.signals.verdicts import FAILS, NOT_APPLICABLE, PASSES

Counts = NDArray[np.int64]
Values = NDArray[np.float64]
Flags = NDArray[np.bool_]

DOES_NOT_CROSS: Final = "the pair does not cross in this quarter"


@dataclass(frozen=True)
class Recounted:
    """What the three comparators say of recounted cells, one element a recount.

    Attributes
    ----------
    ic025_year
        Lower limit of the year-stratified IC in A.
    a_b, a_c
        Reports with drug and event in B and C.
    ror_low_b, ror_low_c
        Lower limit of the ROR there; NaN where there is no such comparator, it cannot
        judge the pair, or a margin of its table is zero.
    """

    ic025_year: Values
    a_b: Counts
    ror_low_b: Values
    a_c: Counts
    ror_low_c: Values

    def by_a(self, limits: Thresholds) -> Flags:
        """Flags of the part of A."""
        return rules.sdr_ic(self.ic025_year, limits=limits)

    def by_b(self, limits: Thresholds) -> Flags:
        """Flags of the part of B."""
        return rules.sdr_ror(self.a_b, self.ror_low_b, limits=limits)

    def by_c(self, limits: Thresholds) -> Flags:
        """Flags of the part of C."""
        return rules.sdr_ror(self.a_c, self.ror_low_c, limits=limits)

    def crosses(self, limits: Thresholds) -> Flags:
        """Flags of the crossing: A, and B or C."""
        return self.by_a(limits) & (self.by_b(limits) | self.by_c(limits))

    def clearance(self, limits: Thresholds) -> Values:
        """How far the crossing lies above its thresholds, in bits.

        The smaller of two distances: that of `ic025_year` in A, and log2 of the lower
        limit of the ROR over its threshold in the better of B and C, among those with
        enough reports. Above 0 just where the pair crosses; NaN where neither B nor C
        has a limit above 0 and enough reports.
        """
        others = np.fmax(
            _bits(self.a_b, self.ror_low_b, limits),
            _bits(self.a_c, self.ror_low_c, limits),
        )
        return np.minimum(self.ic025_year - limits.ic025_min, others)


def _bits(a: Counts, ror_low: Values, limits: Thresholds) -> Values:
    is_usable = (a >= limits.min_reports) & (ror_low > 0)
    found = np.full(ror_low.shape, np.nan)
    found[is_usable] = np.log2(ror_low[is_usable] / limits.ror_low_min)
    return found


@dataclass(frozen=True)
class Judgement:
    """What a check says of a pair in a quarter.

    Attributes
    ----------
    outcome
        ``passes``, ``fails`` or ``not applicable``.
    words
        Why, with the figures.
    value
        The number compared; NaN without one.
    of_n
        The count it rests on; None without one.
    """

    outcome: str
    words: str
    value: float = np.nan
    of_n: int | None = None


NOT_CROSSING: Final = Judgement(NOT_APPLICABLE, DOES_NOT_CROSS)


@dataclass(frozen=True)
class Recount:
    """One recount of a crossing: what was changed and the limits that it gave.

    Attributes
    ----------
    name
        The reference therapy left out or the litigated ingredient put back.
    crosses
        Whether the pair still crosses.
    clearance
        How far above its thresholds, in bits (`Recounted.clearance`).
    ic025_year, ror_low_b, ror_low_c
        Lower limits; NaN where there is none.
    """

    name: str
    crosses: bool
    clearance: float
    ic025_year: float
    ror_low_b: float
    ror_low_c: float

    @property
    def figures(self) -> str:
        """The limits in words."""
        return (
            f"ic025_year {shown(self.ic025_year)}, ror_low {shown(self.ror_low_b)} "
            f"in B and {shown(self.ror_low_c)} in C"
        )


def judge_duplicates(a: int, left: int, found: Recount, *, looser: float) -> Judgement:
    """Whether a crossing holds with a looser duplicate threshold.

    Parameters
    ----------
    a, left
        Reports of the pair in A, and those that stay with the looser threshold.
    found
        The crossing without the others.
    looser
        The threshold in bits.

    Returns
    -------
    Judgement
        The value is the number of reports that stay.
    """
    stay = (
        f"with duplicates suspected from {looser:g} bits on {left:,} of {a:,} reports"
        f" {'stays' if a == 1 else 'stay'}"
    )
    if found.crosses:
        return Judgement(PASSES, f"{stay}: still crosses", left, a)
    return Judgement(FAILS, f"{stay}: no longer crosses ({found.figures})", left, a)


def judge_hinges(
    a: int,
    *,
    needs_c: bool,
    is_litigated: bool,
    without: Sequence[Recount],
    put_back: Sequence[Recount],
) -> Judgement:
    """Whether a crossing hinges on one reference therapy or one litigated drug.

    Parameters
    ----------
    a
        Reports of the pair in A.
    needs_c
        A and C give their part of the crossing and B does not.
    is_litigated
        The event has litigated drugs.
    without
        Recounts of C without the reports of one reference therapy each; read where C
        is needed.
    put_back
        Recounts with the reports of one litigated ingredient each put back.

    Returns
    -------
    Judgement
        The value is the smallest clearance of all recounts in bits, NaN if one of them
        has no limit; not applicable where there is nothing to recount.
    """
    if not needs_c and not is_litigated:
        words = "B flags, so that C is not needed, and no litigated drug concerns it"
        return Judgement(NOT_APPLICABLE, words)
    tried = [*(without if needs_c else ()), *put_back]
    reference = (
        _of_reference(without) if needs_c else "B flags, so that C is not needed"
    )
    litigated = (
        _of_litigated(put_back)
        if is_litigated
        else "no litigated drug concerns the event"
    )
    if not tried:
        return Judgement(NOT_APPLICABLE, f"{reference}; {litigated}")
    value = float(np.min([one.clearance for one in tried]))
    outcome = PASSES if all(one.crosses for one in tried) else FAILS
    return Judgement(outcome, f"{reference}; {litigated}", value, a)


def _of_reference(recounts: Sequence[Recount]) -> str:
    if not recounts:
        return "no report of the reference names one therapy of it only"
    worst, failing = _worst(recounts)
    limit = f"ror_low {shown(worst.ror_low_c)}"
    if failing:
        return f"C no longer flags without {listed(failing)} ({limit})"
    return f"C flags without each reference therapy (least {worst.name}: {limit})"


def _of_litigated(recounts: Sequence[Recount]) -> str:
    if not recounts:
        return "no report of a litigated drug is known"
    worst, failing = _worst(recounts)
    if failing:
        named = listed(failing)
        return f"no longer crosses with the reports of {named} ({worst.figures})"
    return (
        "crosses with the reports of each litigated drug "
        f"(least {worst.name}: {worst.figures})"
    )


def _worst(recounts: Sequence[Recount]) -> tuple[Recount, list[str]]:
    """The recount with the smallest clearance, and the names that fail, worst first."""
    ordered = sorted(
        recounts,
        key=lambda one: (
            one.crosses,
            one.clearance if np.isfinite(one.clearance) else -np.inf,
            one.name,
        ),
    )
    return ordered[0], [one.name for one in ordered if not one.crosses]


def shown(limit: float) -> str:
    """Lower limit as it stands in a sentence: three decimals, or that there is none."""
    return "none" if np.isnan(limit) else f"{limit:.3f}"


def listed(names: Sequence[str], *, most: int = 3) -> str:
    """Names in a sentence; of many the first and how many more.

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b", "c", "d", "e"])
    ('a', 'a, b, c and 2 more')
    """
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
