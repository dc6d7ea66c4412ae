"""MaxSPRT: testing a growing count at many looks, at one level for all of them.

Kulldorff's maximised sequential probability ratio test [1]_ looks again and again at
the cases so far, and says so the first time that their log-likelihood ratio (LLR,
natural logarithm) reaches a critical value. The critical value is chosen such that a
pair whose true count is the expected one is ever flagged, up to a stated end, with a
probability of at most ``alpha``. All critical values here are exact: the distribution
of the count is carried from look to look, without the paths that have been flagged.

==========================================  ===========================================
looks                                       critical value
==========================================  ===========================================
after every case, Poisson                   `maxsprt_critical_value`
at given expected counts (quarters)         `maxsprt_group_critical_value`
at expected counts not known in advance     `maxsprt_spending_boundary`
after every report, cases against controls  `maxsprt_binomial_critical_value`
==========================================  ===========================================

Where looks are discrete, so is the LLR, and no boundary spends ``alpha`` to the full.
What is returned then is the infimum of the boundaries within the level, as the R
package *Sequential* does, plus at most 1e-9: the rule is "flag where the LLR reaches
the critical value", and its error is at most ``alpha``.

Cases are those known at the look. They are never taken back: a count that falls later
would make a boundary of rising counts void, so `maxsprt` refuses it.

References
----------
.. [1] Kulldorff, Davis, Kolczak, Lewis, Lieu, Platt. A maximized sequential probability
   ratio test for drug and vaccine safety surveillance. Seq Anal 2011;30:58-78.
   doi:10.1080/07474946.2011.539924
.. [2] Silva, Kulldorff. Continuous versus group sequential analysis for post-market
   drug and vaccine safety surveillance. Biometrics 2015;71:851-858.
   doi:10.1111/biom.12324
.. [3] Lan, DeMets. Discrete sequential boundaries for clinical trials. Biometrika
   1983;70:659-663. doi:10.1093/biomet/70.3.659
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.signal import convolve
from scipy.special import gammaln, lambertw, xlogy

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

# Width at which the search for a discrete boundary stops: far above the rounding of an
# LLR, far below the distance of two that matter.
_HAIR = 1e-9


@dataclass(frozen=True)
class MaxSprt:
    """Course of a sequential test over its looks.

    Attributes
    ----------
    llr
        Log-likelihood ratio at each look, natural logarithm; 0 where there are no more
        cases than expected.
    cases_needed
        Fewest cases that would be flagged at each look.
    critical_value
        The boundary used.
    first_crossing
        Position of the first look flagged, counted from 0; None where there is none.
    """

    llr: FloatArray
    cases_needed: IntArray
    critical_value: float
    first_crossing: int | None


@dataclass(frozen=True)
class SpendingBoundary:
    """Boundary of the looks so far, of a plan that spends its level evenly.

    Attributes
    ----------
    cases_needed
        Fewest cases, counted from the start, that are flagged at each look.
    critical_value
        Their LLR, natural logarithm; infinite where nothing is expected yet.
    error_spent
        Probability that a pair with its expected count is flagged by the look, this
        look and all before it together.
    """

    cases_needed: IntArray
    critical_value: FloatArray
    error_spent: FloatArray


def maxsprt(
    cases: npt.ArrayLike,
    expected: npt.ArrayLike,
    *,
    critical_value: float,
    upper_limit: float = np.inf,
    min_cases: int = 1,
) -> MaxSprt:
    r"""LLR of every look and the first one flagged, Poisson counts.

    With :math:`c` cases where :math:`\mu` are expected,

    .. math:: LLR = c \ln(c / \mu) - (c - \mu) \quad (c > \mu),
              \qquad LLR = 0 \quad (c \le \mu),

    the maximum over all ratios above 1. A look is flagged where :math:`LLR` reaches the
    critical value with at least `min_cases` cases.

    Parameters
    ----------
    cases, expected
        Cumulative count and cumulative expected count at each look, one dimension, not
        falling. Where nothing is expected a case has an infinite LLR.
    critical_value
        Boundary above 0, of the plan of looks: `maxsprt_group_critical_value` with the
        expected counts of all looks up to the end; or, while these are not known,
        `maxsprt_critical_value`, which holds for any looks and so loses some power.
    upper_limit
        Expected count at which the test ends. Later looks have an LLR but are not
        flagged: the level was spent before.
    min_cases
        Fewest cases to be flagged; the same as the critical value was made for.

    Raises
    ------
    ValueError
        If a cumulative count falls or the boundary is not above 0.

    References
    ----------
    Kulldorff et al. 2011; doi:10.1080/07474946.2011.539924

    Examples
    --------
    >>> course = maxsprt([1, 4, 9], [1, 2, 3], critical_value=3.05)
    >>> course.llr.round(4), course.cases_needed, course.first_crossing
    (array([0.    , 0.7726, 3.8875]), array([5, 7, 9]), 2)
    """
    counts, mu = _cumulative(cases, "cases"), _cumulative(expected, "expected")
    if counts.shape != mu.shape:
        raise ValueError("cases and expected differ in length; pass one of each a look")
    if not critical_value > 0:
        raise ValueError(f"critical value {critical_value} is not above 0")
    llr = poisson_llr(counts, mu)
    flagged = (llr >= critical_value) & (counts >= min_cases) & (mu <= upper_limit)
    return MaxSprt(
        llr=llr,
        cases_needed=_cases_needed(critical_value, mu, min_cases),
        critical_value=critical_value,
        first_crossing=int(np.argmax(flagged)) if flagged.any() else None,
    )


def poisson_llr(cases: npt.ArrayLike, expected: npt.ArrayLike) -> FloatArray:
    """LLR of Poisson counts against their expected counts, natural logarithm.

    ``c ln(c / mu) - (c - mu)`` where ``c > mu``, otherwise 0; infinite where ``mu = 0``
    and ``c > 0``. Arrays broadcast.

    Examples
    --------
    >>> poisson_llr([0, 2, 6], [1.0, 2.0, 1.0]).round(4)
    array([0.    , 0.    , 5.7506])
    """
    c, mu = np.broadcast_arrays(
        np.asarray(cases, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    )
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        llr = xlogy(c, c / mu) - (c - mu)
    return np.where(c > mu, llr, 0.0)


def binomial_llr(
    cases: npt.ArrayLike, controls: npt.ArrayLike, *, controls_per_case: float
) -> FloatArray:
    r"""LLR of cases against controls, natural logarithm.

    With :math:`n_1` cases, :math:`n_0` controls, :math:`p = n_1 / (n_1 + n_0)` and
    :math:`p_0 = 1 / (1 + z)`, :math:`z` controls to be expected for each case,

    .. math:: LLR = n_1 \ln(p / p_0) + n_0 \ln[(1 - p) / (1 - p_0)] \quad (p > p_0),

    otherwise 0. Arrays broadcast; no reports at all give 0.

    Examples
    --------
    >>> binomial_llr([4, 2], [0, 2], controls_per_case=1).round(5)
    array([2.77259, 0.     ])
    """
    n1, n0 = np.broadcast_arrays(
        np.asarray(cases, dtype=np.float64), np.asarray(controls, dtype=np.float64)
    )
    p0 = 1 / (1 + controls_per_case)
    p = n1 / np.maximum(n1 + n0, 1)
    llr = xlogy(n1, p / p0) + xlogy(n0, (1 - p) / (1 - p0))
    # Without the clip rounding leaves a share equal to p0 a hair above or below it.
    return np.where(p > p0, np.maximum(llr, 0.0), 0.0)


def maxsprt_critical_value(
    alpha: float, upper_limit: float, *, min_cases: int = 1
) -> float:
    r"""Critical value of the LLR where every case is looked at as it comes.

    Cases come as a Poisson process in the expected count. The :math:`c`-th case is
    flagged if it comes at or before :math:`\tau_c`, where
    :math:`c \ln(c / \tau_c) - (c - \tau_c) = cv`, that is
    :math:`\tau_c = -c\,W_0(-e^{-1 - cv / c})`. No case is flagged up to the end
    :math:`T` if fewer than :math:`c` have come at each :math:`\min(\tau_c, T)`,
    :math:`c \ge` `min_cases`; the probability is a Markov recursion over these times.

    Parameters
    ----------
    alpha
        Probability of flagging a pair, ever, that has its expected count; below 0.5.
    upper_limit
        Expected count at which the test ends, above 0.
    min_cases
        Fewest cases to be flagged.

    Returns
    -------
    float
        The boundary at which the error is `alpha`, to 1e-9. Where `min_cases` cases
        within the whole time are already less probable than `alpha`, their LLR at the
        end, which flags whenever they are reached.

    References
    ----------
    Kulldorff et al. 2011, table 1; doi:10.1080/07474946.2011.539924

    Examples
    --------
    >>> round(maxsprt_critical_value(0.05, 10), 6)
    3.467952
    """
    _check_plan(alpha, min_cases)
    if not 0 < upper_limit < np.inf:
        raise ValueError(f"upper limit {upper_limit} is not a count above 0")
    floor = float(poisson_llr(min_cases, upper_limit))

    def excess(critical_value: float) -> float:
        error = _continuous_error(critical_value, upper_limit, min_cases)
        return float(np.log(max(error, 1e-300) / alpha))

    low, high = _bracket(excess, floor, -np.log(alpha))
    # The error falls almost as exp(-cv): on the log scale few steps suffice.
    return high if low == high else float(brentq(excess, low, high, xtol=1e-10))


def maxsprt_group_critical_value(
    alpha: float, expected: npt.ArrayLike, *, min_cases: int = 1
) -> float:
    """Critical value of the LLR for looks at given expected counts, quarters as a rule.

    Exact for the sequence given: at each look the counts that would be flagged leave
    the distribution of the cumulative count. Lower than the boundary of looks at every
    case, as fewer looks are taken.

    Parameters
    ----------
    alpha
        Probability of flagging a pair, ever, that has its expected count; below 0.5.
    expected
        Cumulative expected count at each look of the whole plan, one dimension, not
        falling. A look may not be left out because it was not flagged.
    min_cases
        Fewest cases to be flagged.

    Returns
    -------
    float
        At most 1e-9 above the infimum of the boundaries with an error of at most
        `alpha`.

    References
    ----------
    Silva, Kulldorff 2015; doi:10.1111/biom.12324

    Examples
    --------
    Ten expected cases in eight quarters; the boundary of looks at every case is 3.468:

    >>> quarters = np.arange(1, 9) * 10 / 8
    >>> round(maxsprt_group_critical_value(0.05, quarters), 3)
    2.238
    """
    _check_plan(alpha, min_cases)
    mu = _cumulative(expected, "expected")
    if mu.size == 0 or mu[-1] == 0:
        raise ValueError("nothing is expected at any look; there is no test to plan")
    fewest = np.maximum(np.floor(mu) + 1, min_cases)
    floor = float(np.min(poisson_llr(fewest, mu)))

    def excess(critical_value: float) -> float:
        return maxsprt_error(critical_value, mu, min_cases=min_cases) - alpha

    return _infimum(excess, floor, -np.log(alpha))


def maxsprt_spending_boundary(
    alpha: float, expected: npt.ArrayLike, *, looks: int, min_cases: int = 1
) -> SpendingBoundary:
    r"""Boundary look by look, where the expected counts to come are not known.

    A flat boundary of the LLR needs the expected count of every look of the plan. Here
    the number of looks is fixed instead, and the level is spent evenly [3]_: by look
    :math:`k` of :math:`K` the probability of having been flagged may be at most
    :math:`\alpha k / K`. The boundary of a look is the fewest cases that keep to it,

    .. math:: n_k = \min\{n \ge m : P(\text{flagged before } k)
              + P(C_k \ge n, \text{not flagged before}) \le \alpha k / K\},

    with the distribution of the cumulative count :math:`C_k` carried from look to look
    as in `maxsprt_error`, so that it is exact [2]_. The boundary of a look depends on
    the expected counts up to it: what comes later cannot change it. At one look it is
    that of `maxsprt_group_critical_value`. What a look could not spend, since counts
    are whole, later looks may.

    Cases at or above `cases_needed` are those whose LLR is at or above the critical
    value of the look, as the LLR grows with them; the critical value differs from look
    to look.

    Parameters
    ----------
    alpha
        Probability of flagging a pair, ever, that has its expected count; below 0.5.
    expected
        Cumulative expected count at each look so far, one dimension, not falling.
    looks
        Looks of the whole plan, at least as many as were taken.
    min_cases
        Fewest cases to be flagged.

    Returns
    -------
    SpendingBoundary
        One element a look of `expected`.

    Raises
    ------
    ValueError
        If there are more looks than planned, or the plan is none.

    Examples
    --------
    Four of forty quarters, half a case expected in each:

    >>> boundary = maxsprt_spending_boundary(
    ...     0.05, [0.5, 1.0, 1.5, 2.0], looks=40, min_cases=3
    ... )
    >>> boundary.cases_needed, boundary.critical_value.round(2)
    (array([5, 6, 7, 7]), array([7.01, 5.75, 5.28, 3.77]))
    >>> bool((boundary.error_spent <= 0.05 * np.arange(1, 5) / 40).all())
    True
    """
    _check_plan(alpha, min_cases)
    mu = _cumulative(expected, "expected")
    if mu.size > looks:
        raise ValueError(f"{mu.size} looks of a plan of {looks}")
    needed = np.full(mu.size, min_cases, dtype=np.int64)
    spent = np.zeros(mu.size)
    # state[i]: probability of first + i cases so far, none of the looks flagged.
    state, first, before, error = np.ones(1), 0, 0.0, 0.0
    for look, time in enumerate(mu):
        elapsed = time - before
        # Nothing is cut off above: the tail is what is wanted.
        state = _later(state, elapsed, state.size + _poisson_terms(elapsed))
        tail = np.cumsum(state[::-1])[::-1]
        within = tail <= alpha * (look + 1) / looks - error
        fewest = first + (int(np.argmax(within)) if within[-1] else state.size)
        needed[look] = max(fewest, min_cases, int(time) + 1)
        place = needed[look] - first
        if place < state.size:
            error += float(tail[place])
            state = state[:place]
        spent[look], before = error, time
        # Counts far below the expected one hold nothing; a long test stays short.
        kept = int(np.argmax(np.cumsum(state) > 1e-18))
        state, first = state[kept:], first + kept
    return SpendingBoundary(needed, poisson_llr(needed, mu), spent)


def maxsprt_error(
    critical_value: float, expected: npt.ArrayLike, *, min_cases: int = 1
) -> float:
    """Probability that a pair with its expected count is flagged at any of the looks.

    Parameters
    ----------
    critical_value
        Boundary of the LLR, above 0.
    expected
        Cumulative expected count at each look, one dimension, not falling.
    min_cases
        Fewest cases to be flagged.

    Examples
    --------
    Forty quarterly looks at a boundary made for looks at every case:

    >>> quarters = np.arange(1, 41) / 4
    >>> round(maxsprt_error(3.467952, quarters), 4)
    0.0243
    """
    mu = _cumulative(expected, "expected")
    needed = _cases_needed(critical_value, mu, min_cases)
    # state[k]: probability of k cases so far, none of the looks having been flagged.
    state, before = np.ones(1), 0.0
    for time, limit in zip(mu, needed, strict=True):
        state = _later(state, time - before, int(limit))
        before = time
    return max(1.0 - float(state.sum()), 0.0)


def maxsprt_binomial_critical_value(
    alpha: float, n_max: int, *, controls_per_case: float, min_cases: int = 1
) -> float:
    r"""Critical value of `binomial_llr` where every report is looked at as it comes.

    Each report is a case with probability :math:`p_0 = 1 / (1 + z)`, :math:`z` controls
    to be expected for each case. The distribution of the cases among the reports so far
    is carried from report to report.

    Parameters
    ----------
    alpha
        Probability of flagging, ever, where :math:`p_0` is true; below 0.5.
    n_max
        Reports, cases and controls together, at which the test ends.
    controls_per_case
        :math:`z`, above 0.
    min_cases
        Fewest cases to be flagged.

    Returns
    -------
    float
        At most 1e-9 above the infimum of the boundaries with an error of at most
        `alpha`. So four cases of four reports, LLR 2.772589, are not flagged below:
        they alone have a probability of 1/16. Infinite where not even `n_max` cases
        without a control are less probable than `alpha`.

    References
    ----------
    Kulldorff et al. 2011; doi:10.1080/07474946.2011.539924

    Examples
    --------
    >>> round(maxsprt_binomial_critical_value(0.05, 10, controls_per_case=1), 5)
    2.77259
    """
    _check_plan(alpha, min_cases)
    if n_max < 1 or not 0 < controls_per_case < np.inf:
        raise ValueError("a binomial test needs a report and controls above 0")
    p0 = 1 / (1 + controls_per_case)
    if p0**n_max > alpha:
        return np.inf
    n = np.arange(1, n_max + 1, dtype=np.float64)
    fewest = np.maximum(np.floor(n * p0) + 1, min_cases)
    possible = fewest <= n
    if not possible.any():
        return np.inf

    def llr(cases: FloatArray) -> FloatArray:
        return binomial_llr(cases, n - cases, controls_per_case=controls_per_case)

    def excess(critical_value: float) -> float:
        # Fewest cases flagged among n reports, n + 1 for none: the LLR grows with them.
        low, high = np.minimum(fewest, n + 1), n + 1
        while (low < high).any():
            middle = np.floor((low + high) / 2)
            reached = llr(np.minimum(middle, n)) >= critical_value
            reached |= middle > n
            low = np.where(reached, low, np.minimum(middle + 1, high))
            high = np.where(reached, middle, high)
        state = np.zeros(n_max + 1)
        state[0] = 1.0
        for limit in high.astype(np.int64):
            state[1:] = state[1:] * (1 - p0) + state[:-1] * p0
            state[0] *= 1 - p0
            state[limit:] = 0.0
        return 1.0 - float(state.sum()) - alpha

    floor = float(llr(np.minimum(fewest, n))[possible].min())
    return _infimum(excess, floor, -np.log(alpha))


def _continuous_error(
    critical_value: float, upper_limit: float, min_cases: int
) -> float:
    """Probability that a case is flagged before the end, every case being looked at."""
    # LLR(c, T) > (c - T)^2 / (2 c) > cv from here on: tau_c lies beyond the end.
    last = (
        upper_limit
        + critical_value
        + np.sqrt(critical_value) * np.sqrt(critical_value + 2 * upper_limit)
    )
    c = np.arange(min_cases, max(min_cases, int(last) + 2) + 1, dtype=np.float64)
    tau = -c * _lambert(-np.exp(-1 - critical_value / c))
    tau = np.minimum(tau, upper_limit)
    state, before = np.ones(1), 0.0
    for count, time in zip(c, tau, strict=True):
        state = _later(state, time - before, int(count))
        before = time
        if time == upper_limit:
            break
    return 1.0 - float(state.sum())


def _later(state: FloatArray, elapsed: float, limit: int) -> FloatArray:
    """Distribution of the count after `elapsed` more expected cases, below `limit`."""
    terms = min(limit, _poisson_terms(elapsed))
    k = np.arange(terms, dtype=np.float64)
    arrivals = np.exp(xlogy(k, elapsed) - elapsed - gammaln(k + 1))
    if min(terms, state.size) > 500:
        # Fourier transform where it is faster; its error is absolute, about 1e-17.
        later: FloatArray = np.maximum(convolve(state, arrivals), 0.0)
    else:
        later = np.convolve(state, arrivals)
    return later[:limit]


def _poisson_terms(mean: float) -> int:
    """Counts beyond which a Poisson distribution holds less than 1e-18."""
    return int(mean + 12 * np.sqrt(mean)) + 40


def _cases_needed(
    critical_value: float, expected: FloatArray, min_cases: int
) -> IntArray:
    """Fewest cases, more than expected, whose LLR reaches the critical value."""
    # Of less than 1e-100 expected cases a single one has an LLR above 200.
    mu = np.maximum(expected, 1e-100)
    # c = mu y with y ln y - y + 1 = cv / mu, the branch above 1.
    near = np.floor(mu * np.exp(_lambert((critical_value / mu - 1) / np.e) + 1))
    # The root is exact but for rounding; which side it falls on the LLR itself decides.
    tried = np.maximum(near, 1.0)[:, np.newaxis] + np.array([-1.0, 0.0, 1.0, 2.0])
    reached = poisson_llr(tried, expected[:, np.newaxis]) >= critical_value
    fewest = tried[np.arange(expected.size), np.argmax(reached, axis=1)]
    needed: IntArray = np.maximum(fewest, min_cases).astype(np.int64)
    return needed


def _lambert(x: FloatArray) -> FloatArray:
    """Principal branch of Lambert's W of numbers from -1/e on."""
    # The stubs of scipy do not accept an array with the default branch.
    w: FloatArray = lambertw(x).real  # type: ignore[call-overload]
    return w


def _bracket(
    excess: Callable[[float], float], floor: float, start: float
) -> tuple[float, float]:
    """Two boundaries with an error above and within the level, at most 1 apart.

    Both are `floor` where that is within the level already.
    """
    low = high = max(float(start), floor)
    if excess(high) > 0:
        while excess(high) > 0:
            low, high = high, high + 1.0
        return low, high
    while low > floor:
        low, high = max(low - 1.0, floor), low
        if excess(low) > 0:
            return low, high
    return floor, floor


def _infimum(excess: Callable[[float], float], floor: float, start: float) -> float:
    """Boundary within the level, at most `_HAIR` above the lowest such one."""
    low, high = _bracket(excess, floor, start)
    while high - low > _HAIR:
        middle = (low + high) / 2
        if excess(middle) > 0:
            low = middle
        else:
            high = middle
    return high


def _cumulative(values: npt.ArrayLike, name: str) -> FloatArray:
    """Values as float64, one dimension.

    Raises
    ------
    ValueError
        If they fall or start below 0.
    """
    array = np.atleast_1d(np.asarray(values, dtype=np.float64))
    if array.ndim != 1 or not np.isfinite(array).all():
        raise ValueError(f"{name} of the looks must be finite and of one dimension")
    if (np.diff(array, prepend=0.0) < 0).any():
        raise ValueError(f"{name} fall from one look to the next; pass running totals")
    return array


def _check_plan(alpha: float, min_cases: int) -> None:
    """Refuse levels and minima that no test has."""
    if not 0 < alpha < 0.5:
        raise ValueError(f"alpha {alpha} is not between 0 and 0.5")
    if min_cases < 1:
        raise ValueError(f"min_cases {min_cases} is below 1")
