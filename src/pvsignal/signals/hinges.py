"""Whether a crossing holds when some of its reports are counted otherwise.

A pair crosses in a quarter if the lower limit of the year-stratified IC lies above its
threshold in A, and B or C has three reports and a lower limit of the ROR above its own
(docs/signals.md, "Crossing"). Here the same is asked of recounted cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pvsignal.analysis import Thresholds
from pvsignal.signals import rules

Counts = NDArray[np.int64]
Values = NDArray[np.float64]
Flags = NDArray[np.bool_]

PASSES: Final = "passes"
FAILS: Final = "fails"
NOT_APPLICABLE: Final = "not applicable"
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
        Lower limit of the ROR there; NaN where there is no such comparator or a margin
        of its table is zero.
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


def shown(limit: float) -> str:
    """Lower limit as it stands in a sentence: two decimals, or that there is none."""
    return "none" if np.isnan(limit) else f"{limit:.2f}"


def listed(names: Sequence[str], *, most: int = 3) -> str:
    """Names in a sentence; of many the first and how many more.

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b", "c", "d", "e"])
    ('a', 'a, b, c and 2 more')
    """
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
