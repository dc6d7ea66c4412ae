"""Reporting ratios and expected counts over strata, many pairs at once.

The last axis of every array runs over the strata, the axes before it over pairs:
cells of shape (pairs, strata) give results of shape (pairs,), cells of one pair, of
shape (strata,), an array of one. Cells are integers of any width, made float64 before
the first product. Fill strata that a pair does not have with zeros.

A report without age or sex belongs to a stratum of its own; leaving it out changes the
population. Strata that hold nothing to compare (no report with the drug, none without
it, none with the event, or none without) count for nothing, in estimate and limits.
So many fine strata lose reports in silence: of a rare drug only those strata speak
that hold the event both with and without it.

Intervals are 95 % limits; zero sums are results, as in `pvsignal.stats.twobytwo`:

===============================  ===================================================
strata together                  result
===============================  ===================================================
no stratum with a comparison     NaN
ratio is infinite                finite exact lower limit, upper infinite, flagged
ratio is zero                    lower limit 0, finite exact upper limit, flagged
===============================  ===================================================
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc

from pvsignal.stats.cells import FloatArray, as_cells
from pvsignal.stats.newton import newton
from pvsignal.stats.twobytwo import (
    _TERMS,
    TAIL_95,
    Ratio,
    _normal_limits,
)

# Logarithm of the reciprocal of the probability beyond an exact limit.
_TARGET = -np.log(TAIL_95)

# Terms of the conditional distributions in memory at a time, 16 MB.
_CHUNK = 2_000_000


@dataclass(frozen=True)
class Homogeneity:
    """Test whether the odds ratio is the same in all strata.

    Attributes
    ----------
    chi2
        Breslow-Day statistic with Tarone's correction; one per pair. NaN where fewer
        than two strata hold a comparison, or the common odds ratio is zero or infinite.
    df
        Degrees of freedom: strata with a comparison, less one; not below 0.
    p_value
        Upper tail of the chi-squared distribution.
    """

    chi2: FloatArray
    df: npt.NDArray[np.int64]
    p_value: FloatArray


def mantel_haenszel_ror(
    a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike, d: npt.ArrayLike
) -> Ratio:
    """Mantel-Haenszel odds ratio of reporting over strata.

    ``ROR = R / S`` with ``R = sum a d / n`` and ``S = sum b c / n`` over the strata,
    ``n = a + b + c + d``. Limits are ``ROR exp(-+ z s)`` with the variance of [2]_,

    ``s^2 = sum P R_s / (2 R^2) + sum (P S_s + Q R_s) / (2 R S) + sum Q S_s / (2 S^2)``,

    where ``P = (a + d) / n`` and ``Q = (b + c) / n``. With one stratum this is the
    crude ROR and its interval.

    NaN where no stratum holds a comparison. Where ``S = 0`` (infinite ratio) every
    stratum has ``b = 0`` or ``c = 0``, so the sum of `a` is the largest that the
    margins allow. The lower limit is then the common odds ratio at which that sum has
    probability 0.025 given the margins of every stratum, a product of noncentral
    hypergeometric probabilities [3]_; the upper limit where ``R = 0`` likewise. Both
    are exact, flagged in `is_exact`, and with one stratum those of `ror`.

    Examples
    --------
    Two strata that have an odds ratio of 1 each; the crude one is 7.5:

    >>> result = mantel_haenszel_ror([90, 1], [90, 9], [10, 90], [10, 810])
    >>> result.point, result.low.round(2), result.high.round(2)
    (array([1.]), array([0.43]), array([2.33]))

    An event that no other drug has, in either stratum:

    >>> result = mantel_haenszel_ror([2, 1], [20, 10], [0, 0], [4000, 5000])
    >>> result.point, result.low.round(1), result.high, result.is_exact
    (array([inf]), array([106.7]), array([inf]), array([ True]))

    References
    ----------
    .. [1] Mantel, Haenszel. Statistical aspects of the analysis of data from
       retrospective studies of disease. J Natl Cancer Inst 1959;22:719-748.
    .. [2] Robins, Breslow, Greenland. Estimators of the Mantel-Haenszel variance
       consistent in both sparse data and large-strata limiting models. Biometrics
       1986;42:311-323.
    .. [3] Gart. Point and interval estimation of the common odds ratio in the
       combination of 2x2 tables with fixed marginals. Biometrika 1970;57:471-475.
    """
    a, b, c, d = _strata(a, b, c, d)
    n = a + b + c + d
    with np.errstate(divide="ignore", invalid="ignore"):
        r, s = _zeroed(a / n * d), _zeroed(b / n * c)
        p, q = _zeroed((a + d) / n), _zeroed((b + c) / n)
        r_sum, s_sum = r.sum(axis=-1), s.sum(axis=-1)
        point = r_sum / s_sum
        variance = (p * r).sum(axis=-1) / (2 * r_sum**2)
        variance += (p * s + q * r).sum(axis=-1) / (2 * r_sum * s_sum)
        variance += (q * s).sum(axis=-1) / (2 * s_sum**2)
        low, high = _normal_limits(point, variance)

    infinite = (s_sum == 0) & (r_sum > 0)
    low[infinite] = _exact_odds(a[infinite], b[infinite], c[infinite], d[infinite])
    high[infinite] = np.inf

    # With the columns swapped the odds ratio is the reciprocal.
    zero = (r_sum == 0) & (s_sum > 0)
    high[zero] = 1 / _exact_odds(b[zero], a[zero], d[zero], c[zero])
    low[zero] = 0.0
    return Ratio(point, low, high, infinite | zero)


def mantel_haenszel_prr(
    a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike, d: npt.ArrayLike
) -> Ratio:
    """Mantel-Haenszel proportional reporting ratio over strata.

    ``PRR = R / S`` with ``R = sum a (c + d) / n`` and ``S = sum c (a + b) / n``, limits
    ``PRR exp(-+ z s)`` with the variance of [1]_,

    ``s^2 = sum [(a + b)(c + d)(a + c) - a c n] / n^2 / (R S)``.

    With one stratum this is the crude PRR and its interval.

    NaN where no stratum holds reports with and without the drug, and the event. Where
    ``S = 0`` the lower and where ``R = 0`` the upper limit is that of the conditional
    test of Poisson rates with one common ratio: given the ``a + c`` reports of the
    event in each stratum, `a` is binomial with
    ``t = PRR n_drug / (PRR n_drug + n_other)``, and all of them being with (without)
    the drug has probability 0.025. With one stratum these are the limits of `prr`.

    Examples
    --------
    Two strata with a ratio of 1 each; the crude one is 4.4:

    >>> result = mantel_haenszel_prr([90, 1], [90, 9], [10, 90], [10, 810])
    >>> result.point.round(12), result.low.round(2), result.high.round(2)
    (array([1.]), array([0.63]), array([1.58]))

    References
    ----------
    .. [1] Greenland, Robins. Estimation of a common effect parameter from sparse
       follow-up data. Biometrics 1985;41:55-68.
    """
    a, b, c, d = _strata(a, b, c, d)
    n_drug, n_other = a + b, c + d
    n = n_drug + n_other
    with np.errstate(divide="ignore", invalid="ignore"):
        r_sum = _zeroed(a / n * n_other).sum(axis=-1)
        s_sum = _zeroed(c / n * n_drug).sum(axis=-1)
        point = r_sum / s_sum
        # The numerator multiplied out: no difference of large terms is left in it.
        spread = _zeroed(a / n * n_drug / n * d + c / n * n_other / n * b)
        low, high = _normal_limits(point, spread.sum(axis=-1) / r_sum / s_sum)

    infinite = (s_sum == 0) & (r_sum > 0)
    low[infinite] = _exact_rates(a[infinite], n_drug[infinite], n_other[infinite])
    high[infinite] = np.inf

    zero = (r_sum == 0) & (s_sum > 0)
    high[zero] = 1 / _exact_rates(c[zero], n_other[zero], n_drug[zero])
    low[zero] = 0.0
    return Ratio(point, low, high, infinite | zero)


def stratified_expected(
    n_drug: npt.ArrayLike, n_event: npt.ArrayLike, n: npt.ArrayLike
) -> FloatArray:
    """Count of reports with drug and event if the two were independent in each stratum.

    ``E = sum n_drug n_event / n`` over the strata, the expected count of IC and EBGM
    adjusted for the strata [1]_. A stratum without a report adds 0. With one stratum
    this is the crude expected count.

    With strata so fine that a rare drug is alone in many of them, E moves towards the
    observed count, whatever the truth.

    Parameters
    ----------
    n_drug, n_event, n
        Reports with the drug, with the event, and in all; last axis the strata,
        broadcast: `n` of shape (strata,) serves all pairs.

    Raises
    ------
    ValueError
        If a margin is negative or exceeds the reports of its stratum.

    Examples
    --------
    Drug and event are both common in the first stratum:

    >>> stratified_expected([180, 10], [100, 91], [200, 910])
    array([91.])
    >>> stratified_expected([190], [191], [1110]).round(1)
    array([32.7])

    References
    ----------
    .. [1] DuMouchel. Bayesian data mining in large frequency tables, with an
       application to the FDA spontaneous reporting system. Am Stat 1999;53:177-190,
       section 2; as in openEBGM (Canida, Ihrie 2017, R J 9:499-519).
    """
    drug, event, total = np.broadcast_arrays(
        *(np.atleast_2d(np.asarray(x, dtype=np.float64)) for x in (n_drug, n_event, n))
    )
    if (drug < 0).any() or (event < 0).any():
        raise ValueError("a margin is negative; pass counts of reports")
    if (drug > total).any() or (event > total).any():
        raise ValueError("a margin exceeds the reports of its stratum")
    with np.errstate(divide="ignore", invalid="ignore"):
        result: FloatArray = _zeroed(drug / total * event).sum(axis=-1)
    return result


def breslow_day(
    a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike, d: npt.ArrayLike
) -> Homogeneity:
    """Breslow-Day test that the odds ratio is the same in all strata.

    With ``A`` the count of drug and event that the margins of a stratum and the
    Mantel-Haenszel odds ratio ``psi`` give, ``A D / (B C) = psi``, and
    ``V = 1 / (1/A + 1/B + 1/C + 1/D)``,

    ``chi2 = sum (a - A)^2 / V - [sum (a - A)]^2 / sum V``.

    The second term is Tarone's correction [2]_, needed as the Mantel-Haenszel estimate
    is not the most likely one. The distribution holds for large strata: with expected
    counts below 5 in many, p is a rough guide.

    Strata without a comparison are left out, and out of the degrees of freedom
    (statsmodels counts them).

    Examples
    --------
    Odds ratios of 4 and 1:

    >>> result = breslow_day([40, 10], [10, 10], [50, 50], [50, 50])
    >>> result.chi2.round(3), result.df, result.p_value.round(3)
    (array([4.882]), array([1]), array([0.027]))

    References
    ----------
    .. [1] Breslow, Day. Statistical methods in cancer research I. IARC 1980, equation
       4.30.
    .. [2] Tarone. On heterogeneity tests based on efficient scores. Biometrika
       1985;72:91-95.
    """
    a, b, c, d = _strata(a, b, c, d)
    psi = mantel_haenszel_ror(a, b, c, d).point
    has_ratio = np.isfinite(psi) & (psi > 0)
    psi = np.where(has_ratio, psi, 1.0)[..., np.newaxis]
    n_drug, n_other, n_event, n_rest = a + b, c + d, a + c, b + d
    compares = (n_drug > 0) & (n_other > 0) & (n_event > 0) & (n_rest > 0)
    df = np.maximum(compares.sum(axis=-1) - 1, 0)

    with np.errstate(divide="ignore", invalid="ignore"):
        expected = _fitted(n_drug, n_event, n_other, n_rest, psi)
        # Each cell by its own equation: differences from the margins would cancel.
        variance = 1 / (
            1 / expected
            + 1 / _fitted(n_drug, n_rest, n_other, n_event, 1 / psi)
            + 1 / _fitted(n_other, n_event, n_drug, n_rest, 1 / psi)
            + 1 / _fitted(n_other, n_rest, n_drug, n_event, psi)
        )
        excess = np.where(compares, a - expected, 0.0)
        chi2 = np.where(compares, excess**2 / variance, 0.0).sum(axis=-1)
        total = np.where(compares, variance, 0.0).sum(axis=-1)
        chi2 -= excess.sum(axis=-1) ** 2 / total
        # Equal strata leave a difference of rounding.
        chi2 = np.where(has_ratio & (df > 0), np.maximum(chi2, 0.0), np.nan)
        p_value = np.asarray(chdtrc(df, chi2), dtype=np.float64)
    return Homogeneity(chi2, df.astype(np.int64), p_value)


def _strata(
    a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike, d: npt.ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Cells of one shape (pairs..., strata)."""
    a, b, c, d = as_cells(a, b, c, d)
    return np.atleast_2d(a), np.atleast_2d(b), np.atleast_2d(c), np.atleast_2d(d)


def _zeroed(share: FloatArray) -> FloatArray:
    """Shares, 0 in a stratum without a report."""
    return np.where(np.isnan(share), 0.0, share)


def _fitted(
    row: FloatArray,
    column: FloatArray,
    other_row: FloatArray,
    other_column: FloatArray,
    psi: FloatArray,
) -> FloatArray:
    """Cell of a table with given margins and odds ratio.

    The root ``2 psi row column / (B + sqrt(D))`` of a quadratic equation with
    ``B = psi (row + column) + other_row - column``; its discriminant is written as a
    sum of terms none of which is negative.
    """
    rest = other_row - column
    discriminant = (psi * (row - column)) ** 2 + rest**2
    discriminant += 2 * psi * (column * other_column + row * other_row)
    root = np.sqrt(discriminant)
    middle = psi * (row + column) + rest
    # B is negative only for psi < 1, where the root's other form does not cancel.
    plain = 2 * psi * row * column / (middle + root)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(middle >= 0, plain, (root - middle) / (2 * (1 - psi)))


def _exact_odds(
    a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray
) -> FloatArray:
    """Lower limit of the common odds ratio where b c = 0 in every stratum.

    Relative to the observed table, moving j reports of a stratum off the diagonal has
    the weight ``w_j y^j`` of `pvsignal.stats.twobytwo`. As strata are independent given
    their margins, the limit solves ``sum_s log(sum_j w_sj y^j) = log 40``. The 40
    terms suffice as there: with probability 0.025 of no move in all strata, each
    stratum has at least that.
    """
    low = np.empty(a.shape[0])
    size = max(1, _CHUNK // (_TERMS * max(1, a.shape[1])))
    for start in range(0, a.shape[0], size):
        part = slice(start, start + size)
        low[part] = np.exp(-_log_reciprocal(a[part], b[part], c[part], d[part]))
    return low


def _log_reciprocal(
    a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray
) -> FloatArray:
    """Root u of ``sum_s log sum_j w_sj e^(j u) = log 40``, by Newton from the right."""
    i = np.arange(_TERMS, dtype=np.float64)
    a, b, c, d = (cell[..., np.newaxis] for cell in (a, b, c, d))
    with np.errstate(divide="ignore"):
        steps = np.log(np.maximum(a - i, 0) / (b + i + 1))
        steps += np.log(np.maximum(d - i, 0) / (c + i + 1))
    j, log_w = i + 1, np.cumsum(steps, axis=-1)
    # Where one term of one stratum reaches the target, the sum is beyond it; it is
    # convex and increasing, so Newton's steps go down and never past the root.

    def step(rows: npt.NDArray[np.intp], u: FloatArray) -> FloatArray:
        terms = np.exp(log_w[rows] + j * u[:, np.newaxis, np.newaxis])
        total = 1.0 + terms.sum(axis=-1)
        slope = (terms * j).sum(axis=-1) / total
        beyond = np.log(total).sum(axis=-1) - _TARGET
        moved: FloatArray = -beyond / slope.sum(axis=-1)
        return moved

    return newton(np.min((_TARGET - log_w) / j, axis=(1, 2)), step)


def _exact_rates(a: FloatArray, n_drug: FloatArray, n_other: FloatArray) -> FloatArray:
    """Lower limit of the common ratio of rates where all events are with the drug.

    Solves ``sum_s a log(1 + n_other / (R n_drug)) = log 40`` for R over the strata that
    hold reports with and without the drug.
    """
    compares = (a > 0) & (n_other > 0)
    a = np.where(compares, a, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_q = np.where(compares, np.log(n_other / n_drug), -np.inf)
        # The limit that each stratum gives alone: the sum is at or beyond the target.
        alone = np.where(compares, log_q - np.log(np.expm1(_TARGET / a)), -np.inf)

    def step(rows: npt.NDArray[np.intp], v: FloatArray) -> FloatArray:
        # Convex and decreasing: the steps go up and never past the root.
        x = log_q[rows] - v[:, np.newaxis]
        beyond = (a[rows] * np.logaddexp(0.0, x)).sum(axis=-1) - _TARGET
        moved: FloatArray = beyond / (a[rows] / (1 + np.exp(-x))).sum(axis=-1)
        return moved

    low: FloatArray = np.exp(newton(np.max(alone, axis=-1), step))
    return low
