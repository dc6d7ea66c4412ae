"""What a pair could have shown at all: without a flag it may only be too small."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from pvsignal.stats.cells import BoolArray, FloatArray
from pvsignal.stats.information import SHRINKAGE
from pvsignal.stats.twobytwo import TAIL_95, Z_95


def detectable_reports(expected: npt.ArrayLike, *, min_reports: int = 3) -> FloatArray:
    """Fewest reports at which a pair flags: ``a >= min_reports`` and ``IC025 > 0``.

    IC025 is the exact one of `pvsignal.stats.information_component` and rises with
    ``a``; it is above 0 where a gamma variable of shape ``a + 1/2`` is below
    ``E + 1/2`` with probability under 0.025.

    Parameters
    ----------
    expected
        Expected count, any shape. NaN gives NaN; 0 gives ``min_reports`` or more.
    min_reports
        Reports that the screen asks for.

    Returns
    -------
    ndarray
        Whole numbers as float64. The count can lie above the reports of drug or event
        that there are: such a pair cannot flag.

    Examples
    --------
    Three reports are enough where fewer than 0.345 are expected [1]_:

    >>> detectable_reports([0.0, 0.34, 0.35, 1.0, 10.0])
    array([ 3.,  3.,  4.,  5., 18.])

    References
    ----------
    .. [1] Norén, Hopstadius, Bate. Stat Methods Med Res 2013;22:57-69.
       doi:10.1177/0962280211403604
    """
    mean = np.atleast_1d(np.asarray(expected, dtype=np.float64))
    known = np.isfinite(mean)
    rate = mean[known] + SHRINKAGE
    # A start next to the answer: the quantile by Cornish and Fisher, solved for a.
    a = np.ceil(rate + Z_95 * np.sqrt(rate) + (Z_95**2 - 1) / 3 - SHRINKAGE)
    a = np.maximum(a, min_reports)
    while (short := ~_flags(a, rate)).any():
        a[short] += 1
    while (over := (a > min_reports) & _flags(a - 1, rate)).any():
        a[over] -= 1
    reports = np.full_like(mean, np.nan)
    reports[known] = a
    return reports


def detectable_ratio(expected: npt.ArrayLike, *, min_reports: int = 3) -> FloatArray:
    """Smallest reporting ratio ``a / E`` that could have been flagged, natural scale.

    `detectable_reports` over the expected count. A pair whose ratio could not be seen
    below 8 says nothing about one of 2, flagged or not.

    Parameters
    ----------
    expected
        Expected count, any shape. 0 gives infinity: no finite ratio can show where
        nothing is expected. NaN gives NaN.
    min_reports
        Reports that the screen asks for.

    Examples
    --------
    >>> detectable_ratio([0.0, 0.1, 1.0, 10.0, 1000.0]).round(2)
    array([  inf, 30.  ,  5.  ,  1.8 ,  1.06])
    """
    mean = np.atleast_1d(np.asarray(expected, dtype=np.float64))
    with np.errstate(divide="ignore"):
        return detectable_reports(mean, min_reports=min_reports) / mean


def evaluable_a(
    a: npt.ArrayLike,
    expected: npt.ArrayLike,
    *,
    min_reports: int = 3,
    min_expected: float = 0.5,
) -> BoolArray:
    """Tell where a pair can be judged against the whole database, comparator A.

    Not evaluable with ``a < min_reports`` and ``E < min_expected``: a missing flag is
    no reassurance there. NaN (an empty population) is not evaluable.

    Examples
    --------
    >>> evaluable_a([2, 2, 3], [0.4, 0.5, 0.4])
    array([False,  True,  True])
    """
    counts, mean = np.asarray(a), np.asarray(expected, dtype=np.float64)
    return np.isfinite(mean) & ((counts >= min_reports) | (mean >= min_expected))


def evaluable_bc(
    expected: npt.ArrayLike,
    c: npt.ArrayLike,
    *,
    min_expected: float = 1.0,
    min_reference_cases: int = 3,
) -> BoolArray:
    """Tell where a pair can be judged in a narrow comparator, B or C.

    Not evaluable with ``E < min_expected`` or ``c < min_reference_cases``: the ratio
    then hangs on a handful of reports of other drugs. NaN is not evaluable.

    Examples
    --------
    >>> evaluable_bc([0.9, 1.0, 1.0], [3, 3, 2])
    array([False,  True, False])
    """
    mean, cases = np.asarray(expected, dtype=np.float64), np.asarray(c)
    enough = (mean >= min_expected) & (cases >= min_reference_cases)
    return np.isfinite(mean) & enough


def _flags(a: FloatArray, rate: FloatArray) -> BoolArray:
    """Whether IC025 is above 0."""
    return np.asarray(special.gammainc(a + SHRINKAGE, rate) < TAIL_95)
