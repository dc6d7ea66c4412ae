"""Expected count, ratios and chi-squared of many 2x2 tables at once.

All functions take the cells ``a, b, c, d`` of reports: drug and event, drug only, event
only, neither. Margins and total are distinct reports: a report that names a pair twice
counts once. Sums over pairs, as PhViD and others take them, give other numbers. Cells
are integers of any width, broadcast against each other, and are turned into float64
before the first product, as 32-bit products overflow at the size of FAERS. Results have
the shape of the broadcast cells, at least one dimension.

Intervals are 95 % limits. A zero cell is a result, not an error:

========================  ==========================================================
table                     result
========================  ==========================================================
a margin needed is zero   NaN
ratio is infinite         finite exact lower limit, upper limit infinite, flagged
ratio is zero             lower limit 0, exact upper limit, flagged
========================  ==========================================================

No cell is ever raised by a half: that turns (0, 1, 1, 100000), a pair that nobody
reported, into a PRR of 16,667. Leaving the lower limit of an infinite ratio undefined
loses the most specific signals instead. So the exact limits stand in, and
`Ratio.is_exact` tells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from pvsignal.stats.cells import BoolArray, FloatArray, as_cells
from pvsignal.stats.newton import newton

# Standard normal quantile of 0.975; 1.96 differs in the fifth digit of a limit.
Z_95 = 1.959963984540054

# Probability that 95 % limits leave outside on either side.
TAIL_95 = 0.025

# Terms of the conditional distribution that are summed, and tables at a time.
_TERMS = 40
_CHUNK = 50_000


@dataclass(frozen=True)
class Ratio:
    """A reporting ratio with 95 % limits, on the ratio's own scale.

    Attributes
    ----------
    point, low, high
        Estimate and limits; float64, one per table. NaN where not defined.
    is_exact
        True where a zero cell makes the ratio infinite or zero, and the limits are
        those of an exact conditional interval.
    """

    point: FloatArray
    low: FloatArray
    high: FloatArray
    is_exact: BoolArray


def expected(
    a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike, d: npt.ArrayLike
) -> FloatArray:
    """Count of reports with drug and event if the two were independent.

    ``E = (a + b) (a + c) / N`` with ``N = a + b + c + d``; NaN where ``N = 0``.

    Examples
    --------
    >>> expected(41, 14, 754, 591_958).round(5)
    array([0.07376])
    """
    a, b, c, d = as_cells(a, b, c, d)
    with np.errstate(invalid="ignore"):
        return (a + b) / (a + b + c + d) * (a + c)


def prr(
    a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike, d: npt.ArrayLike
) -> Ratio:
    """Proportional reporting ratio.

    ``PRR = [a / (a + b)] / [c / (c + d)]`` with limits
    ``PRR exp(-+ z s)``, ``s^2 = 1/a - 1/(a + b) + 1/c - 1/(c + d)``.

    NaN where ``a + b``, ``c + d`` or ``a + c`` is zero. Where ``c = 0`` (infinite
    ratio) the lower limit, and where ``a = 0`` (ratio zero) the upper limit, is that
    of the conditional test of two Poisson rates [2]_: given ``k = a + c`` reports of
    the event, ``a`` is binomial with probability
    ``t = R n_drug / (R n_drug + n_other)`` for a ratio ``R``. The Clopper-Pearson
    limits [3]_ of ``t`` have a closed form there, ``t = 0.025^(1/a)`` for ``c = 0`` and
    ``t = 1 - 0.025^(1/c)`` for ``a = 0``, and give
    ``R = t / (1 - t) * n_other / n_drug``. A limit of the odds ratio cannot be used:
    how it translates into a PRR depends on the proportion ``c / (c + d)``, which is
    unknown just there. A Poisson count varies more than a binomial one, so the limit
    errs towards 1 where the event is common.

    Examples
    --------
    Rifabutin and uveitis, the worked example of [1]_:

    >>> result = prr(41, 14, 754, 591_958)
    >>> result.point.round(2), result.low.round(2), result.high.round(2)
    (array([585.99]), array([494.33]), array([694.66]))

    Three reports of an event that no other drug has:

    >>> result = prr(3, 1, 0, 100_000)
    >>> result.point, result.low.round(1), result.high, result.is_exact
    (array([inf]), array([10330.8]), array([inf]), array([ True]))

    References
    ----------
    .. [1] Evans, Waller, Davis. Use of proportional reporting ratios (PRRs) for signal
       generation from spontaneous adverse drug reaction reports.
       Pharmacoepidemiol Drug Saf 2001;10:483-486. doi:10.1002/pds.677
    .. [2] Przyborowski, Wilenski. Homogeneity of results in testing samples from
       Poisson series. Biometrika 1940;31:313-323.
    .. [3] Clopper, Pearson. The use of confidence or fiducial limits illustrated in the
       case of the binomial. Biometrika 1934;26:404-413.
    """
    a, b, c, d = as_cells(a, b, c, d)
    n_drug, n_other = a + b, c + d
    with np.errstate(divide="ignore", invalid="ignore"):
        point = (a / n_drug) / (c / n_other)
        variance = 1 / a - 1 / n_drug + 1 / c - 1 / n_other
        low, high = _normal_limits(point, variance)

        infinite = (c == 0) & (a > 0) & (n_other > 0)
        share = TAIL_95 ** (1 / a[infinite])
        low[infinite] = share / -np.expm1(np.log(TAIL_95) / a[infinite])
        low[infinite] *= n_other[infinite] / n_drug[infinite]
        high[infinite] = np.inf

        zero = (a == 0) & (c > 0) & (n_drug > 0)
        share = -np.expm1(np.log(TAIL_95) / c[zero])
        high[zero] = share / TAIL_95 ** (1 / c[zero])
        high[zero] *= n_other[zero] / n_drug[zero]
        low[zero] = 0.0
    return Ratio(point, low, high, infinite | zero)


def ror(
    a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike, d: npt.ArrayLike
) -> Ratio:
    """Odds ratio of reporting (ROR).

    ``ROR = a d / (b c)`` with limits ``ROR exp(-+ z s)``,
    ``s^2 = 1/a + 1/b + 1/c + 1/d``.

    NaN where any margin is zero. Where ``b = 0`` or ``c = 0`` (infinite ratio) the
    lower limit, and where ``a = 0`` or ``d = 0`` (ratio zero) the upper limit, is that
    of the exact conditional interval [2]_: the odds ratio at which this table, the most
    extreme one that its margins allow, has probability 0.025. R's ``fisher.test`` has
    the same definition, but solves it to 1.2e-4 on the scale of the ratio or its
    reciprocal: its limits beyond some hundreds are wrong, and stick at 8,402.

    Examples
    --------
    Rifabutin and uveitis [1]_:

    >>> result = ror(41, 14, 754, 591_958)
    >>> result.point.round(1), result.low.round(1), result.high.round(1)
    (array([2299.2]), array([1248.2]), array([4235.3]))

    Every one of three reports has the event, which is rare elsewhere:

    >>> result = ror(3, 0, 7, 3346)
    >>> result.point, result.low.round(2), result.high, result.is_exact
    (array([inf]), array([159.52]), array([inf]), array([ True]))

    References
    ----------
    .. [1] van Puijenbroek et al. A comparison of measures of disproportionality for
       signal detection in spontaneous reporting systems for adverse drug reactions.
       Pharmacoepidemiol Drug Saf 2002;11:3-10. doi:10.1002/pds.668; cells of Evans
       2001, doi:10.1002/pds.677
    .. [2] Cornfield. A statistical problem arising from retrospective studies.
       Proc 3rd Berkeley Symp 1956;4:135-148.
    """
    a, b, c, d = as_cells(a, b, c, d)
    with np.errstate(divide="ignore", invalid="ignore"):
        point = (a / b) * (d / c)
        low, high = _normal_limits(point, 1 / a + 1 / b + 1 / c + 1 / d)

    infinite = ((b == 0) | (c == 0)) & (a > 0) & (d > 0)
    low[infinite] = _exact_low(a[infinite], b[infinite], c[infinite], d[infinite])
    high[infinite] = np.inf

    # With the columns swapped the odds ratio is the reciprocal.
    zero = ((a == 0) | (d == 0)) & (b > 0) & (c > 0)
    high[zero] = 1 / _exact_low(b[zero], a[zero], d[zero], c[zero])
    low[zero] = 0.0
    return Ratio(point, low, high, infinite | zero)


def chi2(
    a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike, d: npt.ArrayLike
) -> FloatArray:
    """Pearson's chi-squared of independence, one degree of freedom.

    ``N (ad - bc)^2 / [(a + b)(c + d)(a + c)(b + d)]``, without Yates' correction. NaN
    where a margin is zero.

    Examples
    --------
    Rifabutin and uveitis; [1]_ prints 22,739.5:

    >>> chi2(41, 14, 754, 591_958).round(1)
    array([22739.5])

    References
    ----------
    .. [1] Evans, Waller, Davis. Pharmacoepidemiol Drug Saf 2001;10:483-486.
       doi:10.1002/pds.677
    """
    a, b, c, d = as_cells(a, b, c, d)
    return _chi2_of_excess(np.abs(a * d - b * c), a, b, c, d)


def chi2_yates(
    a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike, d: npt.ArrayLike
) -> FloatArray:
    """Chi-squared of independence with Yates' correction, one degree of freedom.

    ``N max(0, |ad - bc| - N/2)^2 / [(a + b)(c + d)(a + c)(b + d)]``. The maximum
    keeps tables closer to independence than half a report at 0. NaN where a margin is
    zero.

    Examples
    --------
    Evans 2001 prints 22,739.5 for rifabutin and uveitis, without the correction:

    >>> chi2_yates(41, 14, 754, 591_958).round(1)
    array([22187.3])
    """
    a, b, c, d = as_cells(a, b, c, d)
    n = a + b + c + d
    excess = np.maximum(0.0, np.abs(a * d - b * c) - n / 2)
    return _chi2_of_excess(excess, a, b, c, d)


def chi2_p(chi2: npt.ArrayLike) -> FloatArray:
    """Probability of a chi-squared this large or larger, one degree of freedom.

    ``p = erfc(sqrt(chi2 / 2))``, two-sided in the direction of the ratio. NaN stays
    NaN; above some 1,480 the probability is below the smallest float64 and comes
    as 0.

    Examples
    --------
    The threshold of Evans 2001, chi-squared of 4, is nearly two standard errors:

    >>> chi2_p(4).round(4)
    array([0.0455])
    """
    values = np.atleast_1d(np.asarray(chi2, dtype=np.float64))
    return np.asarray(special.erfc(np.sqrt(values / 2)), dtype=np.float64)


def relative_reporting_ratio(
    a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike, d: npt.ArrayLike
) -> FloatArray:
    """Observed over expected count, ``a / E``, natural scale and unshrunk.

    The drug's own reports are part of what it is compared with, so the ratio is nearer
    to 1 than the PRR. NaN where ``E = 0``: with an empty margin ``a`` is 0 as well.

    Examples
    --------
    >>> relative_reporting_ratio(41, 14, 754, 591_958).round(2)
    array([555.82])

    References
    ----------
    DuMouchel. Bayesian data mining in large frequency tables, with an application to
    the FDA Spontaneous Reporting System. Am Stat 1999;53:177-190.
    """
    a, b, c, d = as_cells(a, b, c, d)
    with np.errstate(invalid="ignore"):
        return a / expected(a, b, c, d)


def yules_q(
    a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike, d: npt.ArrayLike
) -> FloatArray:
    """Yule's Q, the odds ratio on a scale from -1 to 1.

    ``Q = (ad - bc) / (ad + bc) = (ROR - 1) / (ROR + 1)``; 0 is independence. 1 where
    the ROR is infinite, -1 where it is zero, NaN where a margin is zero.

    Examples
    --------
    >>> yules_q(41, 14, 754, 591_958).round(5)
    array([0.99913])

    References
    ----------
    Yule. On the association of attributes in statistics. Phil Trans R Soc A
    1900;194:257-319.
    """
    a, b, c, d = as_cells(a, b, c, d)
    with np.errstate(invalid="ignore"):
        return (a * d - b * c) / (a * d + b * c)


def poisson_p_greater(a: npt.ArrayLike, expected: npt.ArrayLike) -> FloatArray:
    """Probability of ``a`` reports or more where ``E`` are expected, ``P(X >= a | E)``.

    X is Poisson with mean E: the probability is the regularised incomplete gamma
    function ``P(a, E)``. 1 where ``a = 0``; 0 where ``E = 0`` and ``a > 0``; NaN where
    E is.

    Parameters
    ----------
    a, expected
        Reports with drug and event, and their expected count; broadcast.

    Examples
    --------
    Three where half a report is expected:

    >>> poisson_p_greater(3, 0.5).round(4)
    array([0.0144])
    """
    counts = np.atleast_1d(np.asarray(a, dtype=np.float64))
    mean = np.asarray(expected, dtype=np.float64)
    # gammainc(0, 0) is NaN in SciPy, and is wanted as 1.
    tail = special.gammainc(np.maximum(counts, 1.0), mean)
    return np.where((counts == 0) & ~np.isnan(mean), 1.0, tail)


def _chi2_of_excess(
    excess: FloatArray, a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray
) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        # |ad - bc| / N = |a - E|; each factor stays far below the float64 limit.
        left = excess / (a + b) / (c + d)
        return left * (excess / (a + c) / (b + d)) * (a + b + c + d)


def _normal_limits(
    point: FloatArray, variance: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Limits from the normal approximation of the logarithm of a ratio."""
    # Rounding leaves a variance such as 1/3 - 1/3 a hair below zero.
    width = Z_95 * np.sqrt(np.maximum(variance, 0.0))
    return point * np.exp(-width), point * np.exp(width)


def _exact_low(
    a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray
) -> FloatArray:
    """Exact lower limit of the odds ratio of tables with b = 0 or c = 0, a and d > 0.

    ``a`` is then the largest value that the margins allow. Moving j reports from the
    diagonal to the other cells has, relative to j = 0, the weight
    ``w_j y^j``, ``w_j = prod_i (a - i)(d - i) / [(b + i + 1)(c + i + 1)]`` over i < j,
    where y is the reciprocal of the odds ratio. The limit is where j = 0 holds 0.025 of
    the sum, ``sum_j w_j y^j = 40``.

    The noncentral hypergeometric distribution is that of a sum of independent
    indicators (Harkness 1965, Ann Math Stat 36:938). With P(j = 0) = 0.025 their mean
    is at most -ln 0.025 = 3.69, so by Chernoff's bound the terms beyond the 40th hold
    less than 1e-24 of the sum: without them the limit is still exact in float64,
    however large the table.
    """
    low = np.empty_like(a)
    for start in range(0, a.size, _CHUNK):
        part = slice(start, start + _CHUNK)
        low[part] = np.exp(-_log_reciprocal(a[part], b[part], c[part], d[part]))
    return low


def _log_reciprocal(
    a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray
) -> FloatArray:
    """Solve ``log sum_j w_j e^(j u) = log 40`` for u, by Newton from the right."""
    i = np.arange(_TERMS, dtype=np.float64)
    a, b, c, d = (cell[:, np.newaxis] for cell in (a, b, c, d))
    with np.errstate(divide="ignore"):
        steps = np.log(np.maximum(a - i, 0) / (b + i + 1))
        steps += np.log(np.maximum(d - i, 0) / (c + i + 1))
    j, log_w = i + 1, np.cumsum(steps, axis=1)
    target = -np.log(TAIL_95)
    # Where one term alone reaches the target the sum is beyond it. The function is
    # convex and increasing: from there Newton's steps go down and never past the root.

    def step(rows: npt.NDArray[np.intp], u: FloatArray) -> FloatArray:
        terms = np.exp(log_w[rows] + j * u[:, np.newaxis])
        total = 1.0 + terms.sum(axis=1)
        beyond = np.log(total) - target
        moved: FloatArray = -beyond * total / (terms * j).sum(axis=1)
        return moved

    return newton(np.min((target - log_w) / j, axis=1), step)
