"""How well flags find pairs that are known to be true: the arithmetic of evaluation.

Pairs of a drug and an event are known beforehand to be true (their reporting ratio is
above 1) or null (it is 1). Everything here compares flags, scores and estimates with
that knowledge; where it comes from is the caller's affair.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special
from scipy.stats import rankdata

from pvsignal.stats.cells import BoolArray, FloatArray

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Classification:
    """Pairs by what they are and whether they are flagged.

    Attributes
    ----------
    n_true, n_found
        True pairs, and those of them that are flagged.
    n_null, n_false
        Null pairs, and those of them that are flagged.
    """

    n_true: int
    n_found: int
    n_null: int
    n_false: int

    @property
    def sensitivity(self) -> float:
        """Share of the true pairs that is flagged; NaN without any."""
        return self.n_found / self.n_true if self.n_true else np.nan

    @property
    def specificity(self) -> float:
        """Share of the null pairs that is not flagged; NaN without any."""
        return 1 - self.n_false / self.n_null if self.n_null else np.nan


def classification(flag: npt.ArrayLike, is_true: npt.ArrayLike) -> Classification:
    """Count pairs by truth and flag.

    Parameters
    ----------
    flag, is_true
        One boolean a pair, shape (pairs,); what is not true is null.

    Examples
    --------
    >>> found = classification([1, 0, 1, 0, 0], [1, 1, 0, 0, 0])
    >>> found
    Classification(n_true=2, n_found=1, n_null=3, n_false=1)
    >>> found.sensitivity, round(found.specificity, 3)
    (0.5, 0.667)

    References
    ----------
    .. [1] Altman, Bland. Diagnostic tests 1: sensitivity and specificity. BMJ
       1994;308:1552. doi:10.1136/bmj.308.6943.1552
    """
    flagged, true = _flags(flag), _flags(is_true)
    return Classification(
        n_true=int(true.sum()),
        n_found=int((flagged & true).sum()),
        n_null=int((~true).sum()),
        n_false=int((flagged & ~true).sum()),
    )


def roc_area(score: npt.ArrayLike, is_true: npt.ArrayLike) -> float:
    """Area under the ROC curve: how often a true pair scores above a null one.

    The share of all couples of a true and a null pair in which the true one has the
    larger score, a tie counted by half; it is ``U / (n_true n_null)`` of the test of
    Mann and Whitney [1]_, and the area under the trapezoidal curve [2]_.

    Parameters
    ----------
    score
        Shape (pairs,), any monotone scale. A NaN, a pair that the statistic cannot
        score, ranks below every number, as it can never flag; NaN tie with each other.
    is_true
        Shape (pairs,), boolean.

    Returns
    -------
    float
        0 to 1; 0.5 says nothing more than chance. NaN without a true or a null pair.

    Examples
    --------
    Of the six couples the true pairs win four and tie in one:

    >>> roc_area([3.0, 1.0, 1.0, 0.5, 2.0], [1, 1, 0, 0, 0])
    0.75

    References
    ----------
    .. [1] Mann, Whitney. Ann Math Stat 1947;18:50-60. doi:10.1214/aoms/1177730491
    .. [2] Hanley, McNeil. Radiology 1982;143:29-36, "Meaning of the area".
       doi:10.1148/radiology.143.1.7063747
    """
    values, true = np.asarray(score, dtype=np.float64), _flags(is_true)
    n_true, n_null = int(true.sum()), int((~true).sum())
    if not n_true or not n_null:
        return np.nan
    # Infinite scores may tie; a rank below them all is left for what has no score.
    rank = np.where(np.isnan(values), 0.0, rankdata(values, nan_policy="omit"))
    ranks = rankdata(rank)
    above = ranks[true].sum() - n_true * (n_true + 1) / 2
    return float(above / (n_true * n_null))


def newly_flagged(flag: npt.ArrayLike) -> BoolArray:
    """Tell where a pair is flagged and was not at the look before.

    A flag that comes, goes and comes again is new twice, as it is for whoever reads
    the list of new flags.

    Parameters
    ----------
    flag
        Shape (looks, pairs), boolean.

    Returns
    -------
    ndarray
        Same shape; at the first look every flag is new.

    Examples
    --------
    >>> newly_flagged([[0, 1], [1, 1], [0, 1], [1, 0]]).sum(axis=0).tolist()
    [2, 1]
    """
    flagged = np.asarray(flag, dtype=np.bool_)
    before = np.zeros_like(flagged)
    before[1:] = flagged[:-1]
    return flagged & ~before


@dataclass(frozen=True)
class Delays:
    """Looks from the onset of each pair to its first flag, or to the end.

    Attributes
    ----------
    time
        Shape (pairs,): looks from the onset (0: flagged at once) to the first flag, or
        to the last look where there was none.
    is_found
        Shape (pairs,); false is censored.
    """

    time: FloatArray
    is_found: BoolArray


def delays(flag: npt.ArrayLike, look: npt.ArrayLike, *, onset: npt.ArrayLike) -> Delays:
    """Time from onset to first flag of each pair.

    A flag before the onset says nothing of what began then; a pair that is still
    flagged at its onset counts as found at once.

    Parameters
    ----------
    flag
        Shape (looks, pairs), boolean.
    look
        Time of each look, such as the ordinal of its quarter, rising.
    onset
        Time of the onset of each pair, not after the last look.

    Examples
    --------
    >>> found = delays([[1, 0], [0, 0], [1, 0]], [10, 11, 12], onset=[11, 10])
    >>> found.time.tolist(), found.is_found.tolist()
    ([1.0, 2.0], [True, False])
    """
    flagged = np.asarray(flag, dtype=np.bool_)
    times = np.asarray(look, dtype=np.float64)
    begin = np.atleast_1d(np.asarray(onset, dtype=np.float64))
    if np.any(begin > times[-1]):
        raise ValueError("a pair begins after the last look")
    counts = flagged & (times[:, np.newaxis] >= begin)
    is_found: BoolArray = np.asarray(counts.any(axis=0))
    first = np.where(is_found, times[counts.argmax(axis=0)], times[-1])
    return Delays(first - begin, is_found)


@dataclass(frozen=True)
class Survival:
    """Share of pairs not yet found after each time at which some were.

    Attributes
    ----------
    time
        Rising, shape (times,); empty where none was found.
    share
        Share not found by then, same shape.
    n
        Pairs.
    """

    time: FloatArray
    share: FloatArray
    n: int

    def quantile(self, found: float) -> float:
        """Time by which this share is found, 0.5 for the median.

        Infinite where it is never reached, NaN without pairs.
        """
        if not self.n:
            return np.nan
        # A product of shares misses a round share by its last digit.
        reached = self.share <= 1 - found + 1e-12
        return float(self.time[reached.argmax()]) if reached.any() else np.inf

    def found_by(self, time: float) -> float:
        """Share found by a time; NaN without pairs."""
        if not self.n:
            return np.nan
        place = int(np.searchsorted(self.time, time, side="right"))
        return 1 - float(self.share[place - 1]) if place else 0.0


def survival(time: npt.ArrayLike, is_found: npt.ArrayLike) -> Survival:
    """Product-limit estimate of the share of pairs not yet found.

    Pairs begin at different times, so those that were never found were looked at for
    different times. The share not found is ``S(t) = prod (1 - d_i / n_i)`` over the
    times up to t at which ``d_i`` of the ``n_i`` pairs still looked for were found
    [1]_; a pair whose looks ended at that very time was still looked for.

    Parameters
    ----------
    time, is_found
        As of `Delays`.

    Examples
    --------
    Of four pairs one was followed for two looks only:

    >>> found = survival([1, 2, 3, 9], [1, 0, 1, 0])
    >>> found.share.tolist(), found.quantile(0.5), found.quantile(0.75)
    ([0.75, 0.375], 3.0, inf)
    >>> found.found_by(2)
    0.25

    References
    ----------
    .. [1] Kaplan, Meier. J Am Stat Assoc 1958;53:457-481.
       doi:10.1080/01621459.1958.10501452
    """
    times = np.asarray(time, dtype=np.float64)
    found = _flags(is_found)
    moments, n_found = np.unique(times[found], return_counts=True)
    n_left = times.size - np.searchsorted(np.sort(times), moments)
    left: FloatArray = np.cumprod(1 - n_found / n_left, dtype=np.float64)
    return Survival(moments, left, times.size)


@dataclass(frozen=True)
class RatioErrors:
    """Estimates of a ratio beside the truth.

    Attributes
    ----------
    factor
        Weighted mean of ``estimate / truth``: 1 is right, 2 twice the truth. NaN
        without an estimate.
    n
        Estimates in it, zeros included; what is infinite, NaN or without weight is not.
    coverage
        Share of the intervals that hold the truth, of those that there are; NaN without
        any.
    n_intervals
        Intervals in it, those with an infinite upper limit included.
    """

    factor: float
    n: int
    coverage: float
    n_intervals: int


def ratio_errors(
    estimate: npt.ArrayLike,
    low: npt.ArrayLike,
    high: npt.ArrayLike,
    *,
    truth: npt.ArrayLike,
    weight: npt.ArrayLike = 1.0,
) -> RatioErrors:
    """Bias of estimates of a ratio, and how often their intervals hold the truth.

    A pair without a report has an estimate of 0, which counts: leaving it out, as a
    mean of logarithms has to, would leave the estimates that chance made large.

    Parameters
    ----------
    estimate, low, high
        Ratio and limits, natural scale, shape (pairs,); NaN where there is none.
    truth
        True ratio of each pair, above 0.
    weight
        Weight of each pair, such as the reports of its drug, which are known before
        the event is counted.

    Examples
    --------
    >>> found = ratio_errors([4.0, 2.0, 0.0], [2.0, 0.5, 0.0], [8.0, 3, 1], truth=2.0)
    >>> found.factor, found.n, round(found.coverage, 3), found.n_intervals
    (1.0, 3, 0.667, 3)

    References
    ----------
    .. [1] Morris, White, Crowther. Using simulation studies to evaluate statistical
       methods. Stat Med 2019;38:2074-2102, table 6. doi:10.1002/sim.8086
    """
    point, lower, upper, true, share = np.broadcast_arrays(
        *(
            np.asarray(values, dtype=np.float64)
            for values in (estimate, low, high, truth, weight)
        )
    )
    is_used = np.isfinite(point) & (share > 0)
    has_limits = ~np.isnan(lower) & ~np.isnan(upper)
    holds = (lower <= true) & (true <= upper)
    n, n_intervals = int(is_used.sum()), int(has_limits.sum())
    relative = point[is_used] / true[is_used]
    return RatioErrors(
        factor=float(np.average(relative, weights=share[is_used])) if n else np.nan,
        n=n,
        coverage=float(holds[has_limits].mean()) if n_intervals else np.nan,
        n_intervals=n_intervals,
    )


def observed_to_expected(ratio: npt.ArrayLike, share: npt.ArrayLike) -> FloatArray:
    """Observed by expected count that a reporting ratio comes to.

    The expected count of the information component and of the EBGM is that of all
    reports, those of the drug among them. With a share p of the reports and a ratio R
    of the drug to the others, ``O / E = R / (1 + p (R - 1))``; no data takes it nearer
    to R.

    Parameters
    ----------
    ratio
        Reporting ratio, above 0.
    share
        Share of all reports that name the drug, 0 to 1, broadcast against it.

    Examples
    --------
    >>> observed_to_expected([6.0, 6.0, 1.0], [0.4, 0.0, 0.4]).tolist()
    [2.0, 6.0, 1.0]
    """
    true = np.asarray(ratio, dtype=np.float64)
    found: FloatArray = true / (1 + np.asarray(share, dtype=np.float64) * (true - 1))
    return found


@dataclass(frozen=True)
class Interval:
    """A figure over archives with its 95 % interval, and the archives behind it.

    The limits are NaN where the archives do not tell how much they vary: fewer than two
    of them, or all alike.
    """

    value: float
    low: float
    high: float
    n: int


def mean_interval(
    values: npt.ArrayLike, *, least: float = -np.inf, most: float = np.inf
) -> Interval:
    """Mean of independent values with its interval by Student's t.

    Parameters
    ----------
    values
        One value an archive, shape (archives,); NaN, an archive that has none, is left
        out.
    least, most
        Limits that the figure cannot pass, at which the interval is cut.

    Returns
    -------
    Interval
        NaN limits with fewer than two values and where all are equal, which says
        nothing of how much they vary; NaN mean without any.

    Examples
    --------
    >>> found = mean_interval([1.0, 2.0, 3.0])
    >>> found.value, round(found.low, 3), round(found.high, 3), found.n
    (2.0, -0.484, 4.484, 3)

    References
    ----------
    .. [1] Student. Biometrika 1908;6:1-25. doi:10.1093/biomet/6.1.1
    """
    known = np.asarray(values, dtype=np.float64)
    known = known[~np.isnan(known)]
    n = known.size
    if n < 2:
        mean = float(known[0]) if n else np.nan
        return Interval(mean, np.nan, np.nan, n)
    mean = float(known.mean())
    if np.all(known == known[0]):
        return Interval(float(known[0]), np.nan, np.nan, n)
    tail = (1 + CONFIDENCE) / 2
    width = float(special.stdtrit(n - 1, tail) * known.std(ddof=1) / np.sqrt(n))
    return Interval(mean, max(mean - width, least), min(mean + width, most), n)


def bootstrap_interval(
    figure: Callable[[npt.NDArray[np.int64]], float],
    n: int,
    *,
    rng: np.random.Generator,
    n_draws: int = 1_000,
) -> Interval:
    """A figure of pooled archives, with the interval of drawing archives anew.

    For what is no mean of values, such as a median of delays: archives are drawn with
    replacement, all that is in one with it, and the limits are the 2.5th and 97.5th
    percentiles [1]_ (those of the drawn figures, none in between, so that an infinite
    figure may be one).

    Parameters
    ----------
    figure
        Gives the figure of archives, by their places.
    n
        Number of archives.
    rng
        Source of randomness.
    n_draws
        Draws.

    Returns
    -------
    Interval
        NaN limits with fewer than two archives and where every drawing gives the same
        figure.

    Examples
    --------
    >>> values = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    >>> median = lambda places: float(np.median(values[places]))
    >>> bootstrap_interval(median, 5, rng=np.random.default_rng(1))
    Interval(value=3.0, low=1.0, high=5.0, n=5)

    References
    ----------
    .. [1] Efron, Tibshirani. An introduction to the bootstrap. Chapman & Hall 1993,
       section 13.3.
    """
    value = figure(np.arange(n))
    if n < 2:
        return Interval(value, np.nan, np.nan, n)
    drawn = [figure(rng.integers(n, size=n)) for _ in range(n_draws)]
    tail = (1 - CONFIDENCE) / 2
    if min(drawn) == max(drawn):
        return Interval(value, np.nan, np.nan, n)
    low, high = np.quantile(drawn, [tail, 1 - tail], method="inverted_cdf")
    return Interval(value, float(low), float(high), n)


def poisson_upper(n: int, exposure: float) -> float:
    """Upper 95 % limit (one-sided) of a rate of which ``n`` events were seen.

    Says what a rate of zero leaves open: about ``3 / exposure``.

    Parameters
    ----------
    n
        Events.
    exposure
        Quarters, or what else they were counted in.

    Examples
    --------
    >>> round(poisson_upper(0, 100.0), 5)
    0.02996

    References
    ----------
    .. [1] Hanley, Lippman-Hand. If nothing goes wrong, is everything all right? JAMA
       1983;249:1743-1745. doi:10.1001/jama.1983.03330370053031
    """
    return float(special.gammaincinv(n + 1, CONFIDENCE) / exposure)


def _flags(values: npt.ArrayLike) -> BoolArray:
    return np.asarray(values, dtype=np.bool_)
