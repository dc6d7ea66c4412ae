"""False discovery rates of many tests, each with the number of tests it is about.

A q-value is a statement about a family: the least false discovery rate of a list that
holds the test. The results therefore carry ``m``, the tests that the family has. A
choice made before, such as pairs with three reports or more, changes ``m`` and so the
meaning; say so beside the number.

A p-value that is NaN belongs to no family. Sorted with the others it would stand last
and push their ranks or ``m``; here it is left out of ``m``, counted in ``n_missing``
and NaN in the result. Equal p-values have equal q-values, whatever their order, and a
smaller p never has a larger q.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import gamma, gammaln, ndtr

FloatArray = npt.NDArray[np.float64]

# Bound on the standard deviation of LBE's estimate; the default of Bioconductor's LBE.
_LBE_DEVIATION = 0.05

# Share of p-values above it estimates the true null hypotheses.
_STOREY_CUT = 0.5


@dataclass(frozen=True)
class FalseDiscovery:
    """False discovery rates of a family of tests.

    Attributes
    ----------
    q
        One per test, between 0 and 1, in the shape of the input; NaN where the test has
        no value.
    m
        Tests of the family.
    n_missing
        Tests left out as their value was NaN.
    pi0
        Share of true null hypotheses that was used; 1 where none is estimated, NaN for
        an empty family.
    """

    q: FloatArray
    m: int
    n_missing: int
    pi0: float


def benjamini_hochberg(p: npt.ArrayLike) -> FalseDiscovery:
    """Adjusted p-values of Benjamini and Hochberg's step-up procedure.

    ``q_(k) = min over j >= k of min(1, m p_(j) / j)``. The share of true null
    hypotheses is taken to be 1.

    Parameters
    ----------
    p
        p-values, any shape; NaN is missing.

    Raises
    ------
    ValueError
        If a p-value lies outside of 0 to 1.

    Examples
    --------
    >>> result = benjamini_hochberg([0.01, 0.04, 0.03, np.nan, 0.005])
    >>> result.q, result.m, result.n_missing
    (array([0.02, 0.04, 0.04,  nan, 0.02]), 4, 1)

    References
    ----------
    Benjamini, Hochberg. Controlling the false discovery rate: a practical and powerful
    approach to multiple testing. J R Stat Soc B 1995;57:289-300.
    """
    values, present = _family(p)
    m = int(present.sum())
    q = _step_up(values[present], np.ones(m)) if m else np.empty(0)
    return _result(q, present, 1.0 if m else math.nan)


def storey_q(p: npt.ArrayLike, *, cut: float = _STOREY_CUT) -> FalseDiscovery:
    """q-values of Storey, with the share of true null hypotheses estimated at one cut.

    ``pi0 = min(1, (1 + #{p > cut}) / [m (1 - cut)])`` and
    ``q_(k) = min over j >= k of min(1, pi0 m p_(j) / j)``. The 1 keeps the estimate
    above 0, as the finite-sample proof of [1]_ needs.

    One-sided p-values of pairs reported less than expected pile up at 1, which raises
    ``pi0`` to 1: then the result is that of Benjamini and Hochberg.

    Parameters
    ----------
    p
        p-values, any shape; NaN is missing.
    cut
        Above 0 and below 1.

    Raises
    ------
    ValueError
        If a p-value lies outside of 0 to 1, or the cut is not between them.

    Examples
    --------
    >>> result = storey_q([0.01, 0.04, 0.03, 0.005, 0.7, 0.02])
    >>> round(result.pi0, 4), result.q.round(4)
    (0.6667, array([0.02  , 0.032 , 0.03  , 0.02  , 0.4667, 0.0267]))

    References
    ----------
    .. [1] Storey, Taylor, Siegmund. Strong control, conservative point estimation and
       simultaneous conservative consistency of false discovery rates. J R Stat Soc B
       2004;66:187-205.
    """
    if not 0 < cut < 1:
        raise ValueError(f"the cut is {cut}; pass one between 0 and 1")
    values, present = _family(p)
    values = values[present]
    m = values.size
    if not m:
        return _result(values, present, math.nan)
    pi0 = min(1.0, float(1 + (values > cut).sum()) / (m * (1 - cut)))
    return _result(_step_up(values, np.full(m, pi0)), present, pi0)


def lbe_q(p: npt.ArrayLike) -> FalseDiscovery:
    """q-values of one-sided tests, with the share of true null hypotheses by LBE.

    The location based estimator [1]_ of the share is
    ``pi0 = min(1, mean[(-ln(1 - u))^s] / Gamma(s + 1))``. Following [2]_ it is applied
    to ``u = 2 min(p, 1 - p)``, so that pairs reported less than expected, whose
    one-sided p is near 1, do not count as true null hypotheses. ``s`` is the value, at
    least 1, at which the bound of the estimate's standard deviation,
    ``sqrt{[Gamma(2s + 1) / Gamma(s + 1)^2 - 1] / m}``, is 0.05.

    With k the number of p-values not above p, and K that of those up to 1/2, the false
    discovery rate of the list that ends at p is ``pi0 m p / k`` for ``p <= 1/2``, and
    ``(pi0 m / 2 + k - K) / k`` beyond, where every further pair counts as false. The
    q-value is the least of these, and of 1, among the lists that hold the pair.

    Parameters
    ----------
    p
        One-sided p-values, any shape; NaN is missing.

    Raises
    ------
    ValueError
        If a p-value lies outside of 0 to 1.

    Examples
    --------
    >>> result = lbe_q([1e-6, 0.002, 0.3, 0.9])
    >>> round(result.pi0, 4), result.q.round(6)
    (0.2859, array([1.00000e-06, 1.14300e-03, 1.14344e-01, 3.92931e-01]))

    References
    ----------
    .. [1] Dalmasso, Broet, Moreau. A simple procedure for estimating the false
       discovery rate. Bioinformatics 2005;21:660-668. doi:10.1093/bioinformatics/bti063
    .. [2] Ahmed, Dalmasso, Haramburu, Thiessard, Broet, Tubert-Bitter. False discovery
       rate estimation for frequentist pharmacovigilance signal detection methods.
       Biometrics 2010;66:301-309. doi:10.1111/j.1541-0420.2009.01262.x
    """
    values, present = _family(p)
    values = values[present]
    if not values.size:
        return _result(values, present, math.nan)
    pi0 = _lbe_share(values)
    ordered, back, ranks = np.unique(values, return_inverse=True, return_counts=True)
    k = np.cumsum(ranks, dtype=np.float64)
    fdr = _one_sided_fdr(ordered, k, pi0=pi0, m=values.size)
    return _result(_monotone(fdr)[back], present, pi0)


def phvid_fdr(z: npt.ArrayLike) -> FalseDiscovery:
    """False discovery rate as PhViD 1.0.8 prints it; for comparison, not for decisions.

    The formulas of `lbe_q` by position in the list, without the minimum: the result is
    not monotone, and tests with one p-value differ, in the order in which they came.
    A pair with ``c = 0`` has an infinite ratio and an infinite variance, z is NaN. R
    gives it ``p = 0``, so it enters the sorted p-values first, while the pair itself is
    ranked last: every other pair gets the rate of the pair one place before it.

    Parameters
    ----------
    z
        ``(ln ratio - ln RR0) / s`` of each pair, of PRR or ROR; NaN where ``c = 0``.

    Returns
    -------
    FalseDiscovery
        ``m`` counts the pairs with NaN too, which get a rate: `n_missing` is 0.

    Examples
    --------
    >>> phvid_fdr([3.0, 2.0, -1.0]).q.round(5)
    array([0.00058, 0.0049 , 0.40516])

    One pair with ``c = 0`` more, and the first has a rate of 0:

    >>> phvid_fdr([3.0, 2.0, -1.0, np.nan]).q.round(4)
    array([0.000e+00, 3.000e-04, 3.300e-03, 3.039e-01])

    References
    ----------
    Ahmed, Poncet. PhViD: an R package for pharmacovigilance signal detection, version
    1.0.8, functions ``PRR`` and ``ROR``.
    """
    z = np.asarray(z, dtype=np.float64)
    flat = z.ravel()
    present = np.ones(z.shape, dtype=np.bool_)
    if not flat.size:
        return _result(flat, present, math.nan)
    p = np.where(np.isnan(flat), 0.0, ndtr(-flat))
    pi0 = _lbe_share(p)
    k = np.arange(1, flat.size + 1, dtype=np.float64)
    fdr = np.minimum(1.0, _one_sided_fdr(np.sort(p), k, pi0=pi0, m=flat.size))
    q = np.empty_like(flat)
    q[np.argsort(-flat, kind="stable")] = fdr
    return _result(q, present, pi0)


def bayesian_fdr(posterior: npt.ArrayLike) -> FalseDiscovery:
    """Expected share of false pairs in the list that ends at each pair.

    With ``g`` the posterior probability that a pair is *not* reported more often than
    the threshold, ``P(lambda <= r0)``, the rate of the list that holds the k pairs of
    smallest g is ``(g_(1) + ... + g_(k)) / k``. Pairs of equal g enter a list together,
    so the result does not depend on the order of the rows. A cumulative mean of sorted
    values never falls: the rate is monotone in g.

    Parameters
    ----------
    posterior
        Posterior probabilities of the null hypothesis, any shape; NaN is missing.

    Returns
    -------
    FalseDiscovery
        ``pi0`` is the mean of the posterior probabilities, the rate of the whole list.

    Raises
    ------
    ValueError
        If a probability lies outside of 0 to 1.

    Examples
    --------
    >>> bayesian_fdr([0.5, 0.01, 0.03, 0.03]).q.round(4)
    array([0.1425, 0.01  , 0.0233, 0.0233])

    References
    ----------
    Ahmed, Haramburu, Fourrier-Reglat, Thiessard, Kreft-Jais, Miremont-Salame, Begaud,
    Tubert-Bitter. Bayesian pharmacovigilance signal detection methods revisited in a
    multiple comparison setting. Stat Med 2009;28:1774-1792. doi:10.1002/sim.3586
    """
    values, present = _family(posterior)
    values = values[present]
    if not values.size:
        return _result(values, present, math.nan)
    ordered, back, ranks = np.unique(values, return_inverse=True, return_counts=True)
    rate = np.cumsum(ordered * ranks) / np.cumsum(ranks)
    # Rounding lets a mean of equal values exceed them.
    rate = np.minimum(np.maximum.accumulate(rate), ordered)
    return _result(rate[back], present, float(values.mean()))


def _family(p: npt.ArrayLike) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Values as float64 and where they are present."""
    values = np.asarray(p, dtype=np.float64)
    present = ~np.isnan(values)
    inside = values[present]
    if ((inside < 0) | (inside > 1)).any():
        raise ValueError("a probability lies outside of 0 to 1")
    return values, present


def _result(
    q: FloatArray, present: npt.NDArray[np.bool_], pi0: float
) -> FalseDiscovery:
    full = np.full(present.shape, np.nan)
    full[present] = q
    m = int(present.sum())
    return FalseDiscovery(q=full, m=m, n_missing=present.size - m, pi0=pi0)


def _monotone(fdr: FloatArray) -> FloatArray:
    """Least rate among the lists that hold the test; the last is the whole family."""
    least: FloatArray = np.minimum.accumulate(np.minimum(fdr, 1.0)[::-1])[::-1]
    return least


def _step_up(p: FloatArray, share: FloatArray) -> FloatArray:
    order = np.argsort(p, kind="stable")
    q = np.empty_like(p)
    q[order] = _monotone(share * p[order] * (p.size / np.arange(1, p.size + 1)))
    return q


def _one_sided_fdr(p: FloatArray, k: FloatArray, *, pi0: float, m: int) -> FloatArray:
    """Rates of the lists that end at sorted p-values, the last of them on place k."""
    is_excess = p <= 0.5
    n_excess = float(k[is_excess][-1]) if is_excess.any() else 0.0
    return np.where(is_excess, pi0 * p * m / k, (pi0 * m / 2 + k - n_excess) / k)


def _lbe_share(p: FloatArray) -> float:
    """LBE's share of true null hypotheses among one-sided p-values."""
    u = 2 * np.minimum(p, 1 - p)
    s = _lbe_power(p.size)
    with np.errstate(divide="ignore"):
        moment = np.mean((-np.log1p(-u)) ** s)
    return min(1.0, float(moment / gamma(s + 1)))


def _lbe_power(m: int) -> float:
    """Exponent at which the bound of the standard deviation is 0.05, at least 1."""

    def excess(s: float) -> float:
        log_ratio = float(gammaln(2 * s + 1) - 2 * gammaln(s + 1))
        return log_ratio - math.log1p(_LBE_DEVIATION**2 * m)

    # The ratio grows by nearly 4 per step of s; 60 serves more than 1e30 tests.
    return 1.0 if excess(1.0) >= 0 else float(brentq(excess, 1.0, 60.0))
