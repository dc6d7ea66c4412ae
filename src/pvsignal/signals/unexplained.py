"""Checks that look for another explanation of a pair: what passes and what fails.

Each rule takes the figures of many pairs at once and gives one outcome a pair. A check
that cannot be judged is ``not applicable``, never a silent pass.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pvsignal.signals.verdicts import FAILS, NOT_APPLICABLE, PASSES

Counts = NDArray[np.int64]
Values = NDArray[np.float64]
Flags = NDArray[np.bool_]
Outcomes = NDArray[np.str_]


# Fewer reports than this judge nothing.
MIN_REPORTS: Final = 3


def holds_among_professionals(ror: Values, a: Counts) -> Outcomes:
    """Tell whether a pair stands above 1 in the reports of health professionals.

    Parameters
    ----------
    ror
        Reporting odds ratio in reports of professionals; NaN where there is nothing to
        compare.
    a
        Their reports of the pair, same shape.

    Returns
    -------
    ndarray of str
        A pair that no professional reported fails; one with a ratio that cannot be
        computed is not applicable.
    """
    return _outcomes((a > 0) & (ror > 1), is_judged=(a == 0) | ~np.isnan(ror))


def holds_by_age_and_sex(ror: Values, n_known: Counts) -> Outcomes:
    """Tell whether a pair stays above 1 once ages and sexes are alike.

    Parameters
    ----------
    ror
        Mantel-Haenszel reporting odds ratio over age band and sex; NaN where no
        stratum compares.
    n_known
        Reports of the pair that state age and sex, same shape. Fewer than three judge
        nothing.
    """
    return _outcomes(ror > 1, is_judged=(n_known >= MIN_REPORTS) & ~np.isnan(ror))


def comes_late_enough(n_early: Counts, n_known: Counts) -> Outcomes:
    """Tell whether less than half of the known onsets lie within 90 days.

    Parameters
    ----------
    n_early
        Reports with an onset before day 90 for sure.
    n_known
        Reports with an onset of which the side of day 90 is known, same shape. Fewer
        than three judge nothing.
    """
    return _outcomes(2 * n_early < n_known, is_judged=n_known >= MIN_REPORTS)


def rises_as_much(is_rising: Flags, ratio: Values, *, ratio_of_pair: Values) -> Flags:
    """Tell whether a marker of more intensive looking rises as much as its event.

    Parameters
    ----------
    is_rising
        Whether the marker is rising with the drug.
    ratio
        Odds ratio of its recent reports over that of the earlier ones.
    ratio_of_pair
        The same of the drug and the event that it is a marker of; NaN where that has
        none, so that any rise is as much.
    """
    return is_rising & (np.isnan(ratio_of_pair) | (ratio >= ratio_of_pair))


def _outcomes(holds: Flags, *, is_judged: Flags) -> Outcomes:
    return np.where(is_judged, np.where(holds, PASSES, FAILS), NOT_APPLICABLE)
