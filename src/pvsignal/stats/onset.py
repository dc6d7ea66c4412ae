"""Time to onset: how long after the start of a drug the reported events began.

Days run from 0, the day of the start. Dates of reports are whole days at best and often
a month or a year, so a time is a span of days: from `low` to `high`, both included,
which is the interval from `low` up to, not including, `high + 1` on the time axis. An
onset on the day of the start is the interval from 0 to 1: no half day is added, and
nothing is left out. Days, months and years enter one likelihood.

The times are those of events that were reported. Who had not had the event when the
reports were drawn is not among them, so a shape below 1 says that reported onsets
crowd at the start, not that a hazard falls.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq, minimize_scalar

from pvsignal.stats.twobytwo import Z_95

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]

# Half the 0.95 quantile of chi-squared with one degree of freedom: by so much the log
# profile likelihood falls within the limits.
_DROP = Z_95**2 / 2

# Shapes searched. At 100 the middle half of the onsets lies within 1.6 % of the scale.
_SHAPES = (0.01, 100.0)


@dataclass(frozen=True)
class Share:
    """Share of cases with an onset before a border.

    Attributes
    ----------
    n_under
        Cases that certainly lie before it.
    n_unknown
        Cases whose span straddles it.
    n
        All cases with a time to onset, unknown ones among them.
    share
        Among the cases that are known; NaN where there are none.
    low, high
        Lower Wilson limit were every unknown case beyond the border, upper one were
        every unknown case before it: 95 %, wide enough for either.
    """

    n_under: int
    n_unknown: int
    n: int
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Sides:
    """On which side of a border each case lies; a case without a date on none.

    Attributes
    ----------
    is_before_start
        The event lies before the start of the drug for sure: no onset.
    is_under, is_beyond
        The onset lies before the border for sure, or on it or later.
    is_unknown
        Its span has days on both sides.
    """

    is_before_start: BoolArray
    is_under: BoolArray
    is_unknown: BoolArray
    is_beyond: BoolArray


@dataclass(frozen=True)
class OnsetSummary:
    """Times to onset of the cases of a pair.

    Attributes
    ----------
    n
        Cases that everything below rests on.
    n_missing
        Cases without a time, left out.
    n_before_start
        Cases whose event began before the drug, left out.
    quartiles_low, quartiles_high
        First quartile, median and third quartile in days, if every onset fell on the
        first, or on the last, day of its span; NaN without cases.
    under_90, under_180
        Shares with an onset before day 90 and day 180.
    shape, shape_low, shape_high
        Weibull shape with 95 % limits from the profile likelihood; NaN where the spans
        do not determine it.
    scale_days
        Weibull scale: by then 63 % of the onsets have come.
    """

    n: int
    n_missing: int
    n_before_start: int
    quartiles_low: tuple[float, float, float]
    quartiles_high: tuple[float, float, float]
    under_90: Share
    under_180: Share
    shape: float
    shape_low: float
    shape_high: float
    scale_days: float


def onset_summary(
    low_days: npt.ArrayLike, high_days: npt.ArrayLike, *, shape_from: int = 2
) -> OnsetSummary:
    r"""Quartiles, early shares and Weibull distribution of times to onset.

    A span from :math:`l` to :math:`h` days has the likelihood

    .. math:: S(l) - S(h + 1), \qquad S(t) = e^{-(t / \lambda)^k},

    with shape :math:`k` and scale :math:`\lambda`. For a given shape the likelihood has
    one peak in :math:`\lambda^{-k}`. The limits of the shape are where the log of this
    peak lies 1.92 below the highest: unlike normal limits they need no scale on which
    they are symmetric. Of few cases they are a little narrow: by simulation they hold
    the true shape in 90 % of draws of five cases, in 93 % of ten, in 94 % of thirty.

    Parameters
    ----------
    low_days, high_days
        First and last possible day of the onset, counted from the start of the drug,
        the same where the day is known. One dimension. NaN in either: no time. A span
        that begins before the start and ends after it counts from day 0; one that ends
        before the start is counted and left out.
    shape_from
        Fewest cases with a time for which a shape is looked for; the search takes most
        of the time.

    Returns
    -------
    OnsetSummary
        The shape is NaN where there are fewer cases than `shape_from`, and where all
        spans meet in one point of time, as a single case or two adjacent days do: any
        concentration about it is then possible. So it is where the best shape lies
        outside 0.01 to 100.

    Raises
    ------
    ValueError
        If a span ends before it begins.

    References
    ----------
    Sauzet, Carvajal, Escudero, Molokhia, Cornelius. Illustration of the Weibull shape
    parameter signal detection tool using electronic healthcare record data. Drug Saf
    2013;36:995-1006. doi:10.1007/s40264-013-0061-7. Wilson. Probable inference, the
    law of succession, and statistical inference. J Am Stat Assoc 1927;22:209-212.

    Examples
    --------
    Four onsets known to the day, one on the day of the start, one to the month:

    >>> summary = onset_summary([0, 12, 40, 200, 75], [0, 12, 40, 200, 105])
    >>> summary.quartiles_low, summary.quartiles_high
    ((12.0, 40.0, 75.0), (12.0, 40.0, 105.0))
    >>> summary.under_90.n_under, summary.under_90.n_unknown, summary.under_90.share
    (3, 1, 0.75)
    >>> round(summary.shape, 2), round(summary.shape_low, 2), round(summary.scale_days)
    (0.61, 0.22, 52)
    """
    low, high = (
        np.atleast_1d(np.asarray(days, dtype=np.float64))
        for days in (low_days, high_days)
    )
    if low.shape != high.shape or low.ndim != 1:
        raise ValueError("first and last days differ in length; pass one span a case")
    if (high < low).any():
        raise ValueError("a span of days ends before it begins")
    stated = np.isfinite(low) & np.isfinite(high)
    started = stated & (high >= 0)
    low, high = np.maximum(low[started], 0.0), high[started]
    shape, shape_low, shape_high, scale = (
        _weibull(low, high + 1) if low.size >= shape_from else (np.nan,) * 4
    )
    return OnsetSummary(
        n=int(low.size),
        n_missing=int((~stated).sum()),
        n_before_start=int((stated & ~started).sum()),
        quartiles_low=_quartiles(low),
        quartiles_high=_quartiles(high),
        under_90=_share_under(90, low, high),
        under_180=_share_under(180, low, high),
        shape=shape,
        shape_low=shape_low,
        shape_high=shape_high,
        scale_days=scale,
    )


def _quartiles(days: FloatArray) -> tuple[float, float, float]:
    """Quartiles, linear between cases."""
    if days.size == 0:
        return (np.nan, np.nan, np.nan)
    first, median, third = np.quantile(days, [0.25, 0.5, 0.75])
    return float(first), float(median), float(third)


def onset_sides(
    low_days: npt.ArrayLike, high_days: npt.ArrayLike, border: int
) -> Sides:
    """Side of a day on which each case lies.

    Parameters
    ----------
    low_days, high_days
        Spans as in `onset_summary`.
    border
        Day, counted from the start of the drug; it belongs to what is beyond.

    Examples
    --------
    One case at each place, the last without a date:

    >>> sides = onset_sides([-9, 89, 80, 90, np.nan], [-1, 89, 95, 90, np.nan], 90)
    >>> sides.is_before_start.tolist()
    [True, False, False, False, False]
    >>> sides.is_under.tolist(), sides.is_beyond.tolist()
    ([False, True, False, False, False], [False, False, False, True, False])
    """
    low, high = (np.asarray(days, dtype=np.float64) for days in (low_days, high_days))
    stated = np.isfinite(low) & np.isfinite(high)
    started = stated & (high >= 0)
    return Sides(
        is_before_start=stated & ~started,
        is_under=started & (high < border),
        is_unknown=started & (low < border) & (high >= border),
        is_beyond=started & (low >= border),
    )


def _share_under(border: int, low: FloatArray, high: FloatArray) -> Share:
    """Share of spans before a day, with bounds for those that straddle it."""
    sides = onset_sides(low, high, border)
    n, n_under = low.size, int(sides.is_under.sum())
    n_unknown = int(sides.is_unknown.sum())
    known = n - n_unknown
    return Share(
        n_under=n_under,
        n_unknown=n_unknown,
        n=n,
        share=n_under / known if known else np.nan,
        low=_wilson(n_under, n)[0],
        high=_wilson(n_under + n_unknown, n)[1],
    )


def _wilson(n_under: int, n: int) -> tuple[float, float]:
    """95 % limits of a proportion (Wilson 1927), without continuity correction."""
    if n == 0:
        return (np.nan, np.nan)
    share, z2 = n_under / n, Z_95**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    width = Z_95 * np.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    # Exactly 0 and 1 at the ends, where rounding leaves a hair.
    low = 0.0 if n_under == 0 else float(centre - width)
    high = 1.0 if n_under == n else float(centre + width)
    return low, high


def _weibull(start: FloatArray, end: FloatArray) -> tuple[float, float, float, float]:
    """Shape, its limits and the scale of times in the intervals [start, end)."""
    if start.size == 0 or start.max() <= end.min():
        return (np.nan, np.nan, np.nan, np.nan)
    # Many cases share a day: each distinct interval is evaluated once. Times are taken
    # relative to the last one, so that no power overflows.
    spans, weight = np.unique(np.stack([start, end]), axis=1, return_counts=True)
    unit = float(end.max())
    times = spans / unit

    def peak(log_shape: float) -> tuple[float, float]:
        """Highest log-likelihood of a shape, and log(lambda^-k) where it is."""
        shape = np.exp(log_shape)
        begun, width = times[0] ** shape, times[1] ** shape - times[0] ** shape
        total = float(weight @ begun)
        if min(total, float(width.min())) < 1e-290:
            return -np.inf, np.nan  # so steep that a span has no probability left

        def slope(log_rate: float) -> float:
            x = width * np.exp(log_rate)
            # x / (e^x - 1): 1 at 0; beyond 700 it is 0 in float64.
            part = np.where(x > 700, 0.0, x / np.expm1(np.minimum(x, 700)))
            return float(weight @ (part - begun * np.exp(log_rate)))

        # Above 0 at a rate of 1/2, as begun and width are at most 1; below where the
        # first term, at most 1 a case, is outweighed.
        high = float(np.log(weight.sum() / total)) + 1e-6
        rate = float(brentq(slope, np.log(0.5), high, xtol=1e-12))
        x = width * np.exp(rate)
        log_likelihood = weight @ (np.log(-np.expm1(-x)) - begun * np.exp(rate))
        return float(log_likelihood), rate

    grid = np.linspace(np.log(_SHAPES[0]), np.log(_SHAPES[1]), 25)
    heights = np.array([peak(point)[0] for point in grid])
    best = int(np.argmax(heights))
    if best in (0, grid.size - 1):
        return (np.nan, np.nan, np.nan, np.nan)
    found = minimize_scalar(
        lambda point: -peak(point)[0],
        bounds=(grid[best - 1], grid[best + 1]),
        method="bounded",
        options={"xatol": 1e-9},
    )
    log_shape = float(found.x)
    top, rate = peak(log_shape)

    def above(log_point: float) -> float:
        return max(peak(log_point)[0], -1e300) - (top - _DROP)

    edge_low, edge_high = float(grid[0]), float(grid[-1])
    low = brentq(above, edge_low, log_shape) if above(edge_low) < 0 else -np.inf
    high = brentq(above, log_shape, edge_high) if above(edge_high) < 0 else np.inf
    shape = float(np.exp(log_shape))
    scale = unit * float(np.exp(-rate / shape))
    return shape, float(np.exp(low)), float(np.exp(high)), scale
