"""Fisher's exact test and the conditional odds ratio, for margins of any size.

Given its margins the cell ``a`` of a 2x2 table is hypergeometric, and noncentral
hypergeometric for an odds ratio other than 1. The support can hold 1e8 tables: R's
``fisher.test`` goes through all of them and needs minutes. Here a probability is one
closed expression, exact to float64 (SciPy's, by Boost, is off by 1e-8 of its value at
the size of FAERS); tails are sums that end where they no longer count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from pvsignal.stats.cells import BoolArray, FloatArray, as_cells
from pvsignal.stats.twobytwo import TAIL_95, Z_95, Ratio

# R counts a table as no more probable than the observed one within this factor, as
# equal probabilities differ by rounding.
_EQUALLY_PROBABLE = 1 + 1e-7

# Terms summed in one step, tables at a time, and the share of a sum that ends it.
_TERMS = 32
_CHUNK = 50_000
_NEGLIGIBLE = 1e-20

# Elements of the matrix of weights that the conditional estimate works on.
_ELEMENTS = 2_000_000
_STEPS = 200


@dataclass(frozen=True)
class FisherTest:
    """Probabilities of Fisher's exact test, natural scale.

    Attributes
    ----------
    p_greater
        One-sided: ``P(A >= a)`` at odds ratio 1.
    p_mid
        One-sided mid-p: half of ``P(A = a)`` less.
    p_two_sided
        All tables that are no more probable than the observed one.
    """

    p_greater: FloatArray
    p_mid: FloatArray
    p_two_sided: FloatArray


def fisher(
    a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike, d: npt.ArrayLike
) -> FisherTest:
    r"""Fisher's exact test of independence.

    .. math::

        P(A = k) = \binom{a + b}{k} \binom{c + d}{a + c - k} \Big/ \binom{N}{a + c}

    One-sided is the sum over :math:`k \ge a`. Two-sided is the sum over all k with
    :math:`P(k) \le P(a) (1 + 10^{-7})`, as R defines it; other programs double the
    smaller tail. Where a margin is zero only one table exists: ``p_greater`` and
    ``p_two_sided`` are 1 and ``p_mid`` is a half.

    Parameters
    ----------
    a, b, c, d
        Cells; whole numbers of reports, broadcast.

    Examples
    --------
    The lady tasting tea of [1]_, three of four cups right:

    >>> test = fisher(3, 1, 1, 3)
    >>> test.p_greater.round(4), test.p_mid.round(4), test.p_two_sided.round(4)
    (array([0.2429]), array([0.1286]), array([0.4857]))

    References
    ----------
    .. [1] Fisher. The design of experiments. Oliver and Boyd, 1935, chapter II.
    .. [2] Lancaster. Significance tests in discrete distributions. J Am Stat Assoc
       1961;56:223-234 (mid-p).
    """
    cells = as_cells(a, b, c, d)
    shape = cells[0].shape
    flat = [cell.ravel() for cell in cells]
    greater, here, two_sided = (np.empty(flat[0].size) for _ in range(3))
    for start in range(0, flat[0].size, _CHUNK):
        part = slice(start, start + _CHUNK)
        table = _Tables(*(cell[part] for cell in flat))
        log_here = table.log_probability(table.a)
        here[part] = np.exp(log_here)
        greater[part] = table.upper(table.a)
        two_sided[part] = _two_sided(table, log_here)
    return FisherTest(
        greater.reshape(shape),
        (greater - here / 2).reshape(shape),
        two_sided.reshape(shape),
    )


def conditional_odds_ratio(
    a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike, d: npt.ArrayLike
) -> Ratio:
    """Maximum likelihood odds ratio given the margins, with exact 95 % limits.

    The estimate is the odds ratio at which the noncentral hypergeometric distribution
    has the mean ``a``; it lies nearer to 1 than ``ad / (bc)`` in small tables. The
    limits [1]_ are those at which ``P(A >= a)`` (low) and ``P(A <= a)`` (high) are
    0.025, and are conservative. R's ``fisher.test`` has the same definitions, but its
    values are good to 1.2e-4 only, on the scale of the ratio or its reciprocal.

    Where ``b = 0`` or ``c = 0`` the estimate and the upper limit are infinite, where
    ``a = 0`` or ``d = 0`` the estimate and the lower limit 0; both are flagged, and the
    other limit is that of `pvsignal.stats.ror`. Where a margin is zero nothing is
    known: the estimate is NaN and the limits 0 and infinity.

    For a list of pairs rather than for all: some 20,000 tables a second, fewer where
    counts are large.

    Parameters
    ----------
    a, b, c, d
        Cells; whole numbers of reports, broadcast.

    Examples
    --------
    The lady tasting tea, three of four cups right; R prints 6.408309 (0.2117329,
    621.9337505), as its upper limit stops short:

    >>> result = conditional_odds_ratio(3, 1, 1, 3)
    >>> result.point.round(3), result.low.round(4), result.high.round(2)
    (array([6.408]), array([0.2117]), array([626.24]))

    References
    ----------
    .. [1] Cornfield. A statistical problem arising from retrospective studies.
       Proc 3rd Berkeley Symp 1956;4:135-148.
    """
    cells = as_cells(a, b, c, d)
    shape = cells[0].shape
    flat = np.stack([cell.ravel() for cell in cells])
    point, low, high = (np.empty(flat.shape[1]) for _ in range(3))
    reach = _reach(flat)
    for rows, width in _alike(reach):
        point[rows], low[rows], high[rows] = _conditional(flat[:, rows], width)
    n_drug, n_other = flat[0] + flat[1], flat[2] + flat[3]
    n_event, n_without = flat[0] + flat[2], flat[1] + flat[3]
    is_empty = (n_drug * n_event == 0) | (n_other * n_without == 0)
    point[is_empty] = np.nan
    is_exact = (flat.min(axis=0) == 0) & ~is_empty
    return Ratio(
        point.reshape(shape),
        low.reshape(shape),
        high.reshape(shape),
        is_exact.reshape(shape),
    )


class _Tables:
    """Tables with fixed margins, as functions of the cell ``a`` that they may hold."""

    def __init__(self, a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray):
        self.a = a
        self.n_drug, self.n_event = a + b, a + c
        self.n_other, self.n = c + d, a + b + c + d
        self.low = np.maximum(0.0, self.n_event - self.n_other)
        self.high = np.minimum(self.n_drug, self.n_event)
        self._margins = (
            _log_factorial_rest(self.n_drug)
            + _log_factorial_rest(self.n_other)
            + _log_factorial_rest(self.n_event)
            + _log_factorial_rest(b + d)
            - _log_factorial_rest(self.n)
        )

    def of(self, rows: BoolArray | npt.NDArray[np.intp]) -> _Tables:
        """Some of the tables."""
        return _Tables(*(cell[rows] for cell in self.cells(self.a)))

    def cells(
        self, k: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Cells of the tables with ``a = k``."""
        c = self.n_event - k
        return k, self.n_drug - k, c, self.n_other - c

    def mode(self) -> FloatArray:
        """The most probable k, but for rounding beyond 2^53."""
        top = (self.n_drug + 1) / (self.n + 2) * (self.n_event + 1)
        return np.clip(np.floor(top), self.low, self.high)

    def log_probability(self, k: FloatArray) -> FloatArray:
        """``log P(A = k)``, every term of one sign and small.

        With ``log x! = x log x - x + h(x)`` the large parts of the nine factorials
        join to ``-sum x log(x / E_x)`` over the cells, which is half the likelihood
        ratio statistic. This is Loader's way for the binomial (Fast and accurate
        computation of binomial probabilities, 2000), carried to the 2x2 table.
        """
        total = self._margins.copy()
        share = self.n_event / np.maximum(self.n, 1.0)
        other = (self.n - self.n_event) / np.maximum(self.n, 1.0)
        for cell, mean in zip(
            self.cells(k),
            (
                self.n_drug * share,
                self.n_drug * other,
                self.n_other * share,
                self.n_other * other,
            ),
            strict=True,
        ):
            total -= _log_factorial_rest(cell) + _deviance(cell, mean)
        return total

    def upper(self, k: FloatArray) -> FloatArray:
        """``P(A >= k)``, summed on the side where terms fall."""
        a, b, c, d = self.cells(k)
        is_falling = b * c <= (a + 1) * (d + 1)
        # Below the support's start everything lies above.
        p = np.ones_like(k)
        rows = is_falling & (k > self.low)
        p[rows] = self.of(rows)._falling_mass(k[rows])
        rows = ~is_falling & (k > self.low)
        others = self.of(rows)._swapped()
        p[rows] = 1 - others._falling_mass(others.n_drug - k[rows] + 1)
        return p

    def lower(self, k: FloatArray) -> FloatArray:
        """``P(A <= k)``."""
        return self._swapped().upper(self.n_drug - k)

    def _swapped(self) -> _Tables:
        """The same tables with the columns swapped, where ``b`` stands for ``a``."""
        a, b, c, d = self.cells(self.a)
        return _Tables(b, a, d, c)

    def _falling_mass(self, k: FloatArray) -> FloatArray:
        """``P(A >= k)`` where probabilities fall from k on."""
        total = _falling_sum(*self.cells(k))
        mass: FloatArray = np.minimum(np.exp(self.log_probability(k)) * total, 1.0)
        return mass


def _log_factorial_rest(x: FloatArray) -> FloatArray:
    """``h(x) = log x! - x log x + x``, which is about ``log(2 pi x) / 2``; h(0) = 0."""
    few = np.minimum(x, 16.0)
    direct = special.gammaln(few + 1) - special.xlogy(few, few) + few
    y = np.maximum(x, 16.0)
    squared = y * y
    # Stirling's series; the next term is below 1e-16 at 16.
    series: FloatArray = 1 / 1188 - (691 / 360_360) / squared
    series = 1 / 1680 - series / squared
    series = 1 / 1260 - series / squared
    series = 1 / 360 - series / squared
    series = (1 / 12 - series / squared) / y
    rest: FloatArray = np.where(x <= 16.0, direct, 0.5 * np.log(2 * np.pi * y) + series)
    return rest


def _deviance(x: FloatArray, mean: FloatArray) -> FloatArray:
    """``x log(x / m) + m - x`` without the cancellation near ``x = m`` (Loader)."""
    total = x + mean
    with np.errstate(invalid="ignore", divide="ignore"):
        v = np.where(total > 0, (x - mean) / total, 0.0)
    near = np.abs(v) < 0.1
    w = np.where(near, v, 0.0)
    squared = w * w
    series = np.zeros_like(w)
    # 2 x sum v^(2j + 1) / (2j + 1): twelve terms are exact for |v| < 0.1.
    for j in range(12, 0, -1):
        series = (series + 1 / (2 * j + 1)) * squared
    close = (x - mean) * w + 2 * x * w * series
    far = special.kl_div(x, mean)
    deviance: FloatArray = np.where(near, close, far)
    return deviance


def _falling_sum(
    a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray
) -> FloatArray:
    """``sum_(j >= 0) P(a + j) / P(a)`` where the terms fall from the first on."""
    total = np.ones_like(a)
    rows = np.arange(a.size)
    last = np.ones_like(a)
    start = 0.0
    while rows.size:
        j = start + np.arange(_TERMS, dtype=np.float64)
        a_, b_, c_, d_ = (cell[rows, np.newaxis] for cell in (a, b, c, d))
        steps = np.maximum(b_ - j, 0) / (a_ + 1 + j)
        steps *= np.maximum(c_ - j, 0) / (d_ + 1 + j)
        terms = last[:, np.newaxis] * np.cumprod(steps, axis=1)
        total[rows] += terms.sum(axis=1)
        last = terms[:, -1]
        counts = last > _NEGLIGIBLE * total[rows]
        rows, last = rows[counts], last[counts]
        start += _TERMS
    return total


def _two_sided(tables: _Tables, log_here: FloatArray) -> FloatArray:
    """Sum of the probabilities of all tables no more probable than the observed one."""
    k, mode = tables.a, tables.mode()
    limit = log_here + np.log(_EQUALLY_PROBABLE)
    from_below = _last_within(tables, limit, tables.low, np.maximum(mode, tables.low))
    from_above = _last_within(tables, limit, tables.high, np.minimum(mode, tables.high))
    p = np.zeros_like(k)
    rows = ~np.isnan(from_below)
    p[rows] += tables.of(rows).lower(from_below[rows])
    rows = ~np.isnan(from_above)
    p[rows] += tables.of(rows).upper(from_above[rows])
    return np.minimum(p, 1.0)


def _last_within(
    tables: _Tables, limit: FloatArray, end: FloatArray, mode: FloatArray
) -> FloatArray:
    """The k nearest to the mode, from one end, that is not above the limit; or NaN.

    Probabilities rise from the end to the mode, so that halving finds it.
    """
    inside, outside = end.copy(), mode.copy()
    at_mode = tables.log_probability(mode) <= limit
    found = tables.log_probability(end) <= limit
    inside[at_mode] = mode[at_mode]
    rows = np.flatnonzero(found & ~at_mode & (np.abs(outside - inside) > 1))
    while rows.size:
        middle = np.floor((inside[rows] + outside[rows]) / 2)
        within = tables.of(rows).log_probability(middle) <= limit[rows]
        inside[rows[within]] = middle[within]
        outside[rows[~within]] = middle[~within]
        rows = rows[np.abs(outside[rows] - inside[rows]) > 1]
    return np.where(found, inside, np.nan)


def _reach(cells: FloatArray) -> FloatArray:
    """How far from ``a`` weights are needed, at every odds ratio up to the limits.

    The variance of ``a`` is about the harmonic sum of the cells, and ``a`` lies some
    two standard deviations from the mean at its limits; ten and forty reports more
    leave less than 1e-20 outside, also where the mean at the limit is 3.69 and ``a``
    is 0 (see `pvsignal.stats.twobytwo`).
    """
    with np.errstate(divide="ignore"):
        variance = 1 / (1 / (cells + 1)).sum(axis=0)
    reach: FloatArray = 40 + np.ceil(12 * np.sqrt(variance))
    return reach


def _alike(reach: FloatArray) -> list[tuple[npt.NDArray[np.intp], int]]:
    """Rows in blocks of about the same reach, with the reach of the block."""
    blocks = []
    rounded = np.exp2(np.ceil(np.log2(reach) * 2) / 2)
    for width in np.unique(rounded):
        rows = np.flatnonzero(rounded == width)
        size = max(1, int(_ELEMENTS / (2 * width)))
        blocks += [(rows[i : i + size], int(width)) for i in range(0, rows.size, size)]
    return blocks


def _conditional(
    cells: FloatArray, reach: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Point and limits of one block of tables."""
    a, b, c, d = (cell[:, np.newaxis] for cell in cells)
    j = np.arange(reach, dtype=np.float64)
    up = _log_steps(b, c, a, d, j)
    down = _log_steps(a, d, b, c, j)
    with np.errstate(divide="ignore"):
        guess = np.log(cells + 0.5)
    centre = guess[0] + guess[3] - guess[1] - guess[2]
    error = Z_95 * np.sqrt((1 / (cells + 0.5)).sum(axis=0))

    low = _log_limit(up, down, centre - error)
    high = -_log_limit(down, up, -centre - error)
    point = _log_estimate(up, down, centre, low, high)
    return np.exp(point), np.exp(low), np.exp(high)


def _log_steps(
    from_1: FloatArray,
    from_2: FloatArray,
    to_1: FloatArray,
    to_2: FloatArray,
    j: FloatArray,
) -> FloatArray:
    """Log weights, relative to the table itself, with 1, 2, ... reports moved."""
    with np.errstate(divide="ignore"):
        steps = np.log(np.maximum(from_1 - j, 0) / (to_1 + 1 + j))
        steps += np.log(np.maximum(from_2 - j, 0) / (to_2 + 1 + j))
    return np.cumsum(steps, axis=1)


def _moments(
    log_weights: FloatArray, u: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Largest log term, and sums of weight, weight j, weight j^2 relative to it."""
    j = np.arange(1, log_weights.shape[1] + 1, dtype=np.float64)
    terms = log_weights + j * u[:, np.newaxis]
    top = np.maximum(terms.max(axis=1), 0.0)
    terms = np.exp(terms - top[:, np.newaxis])
    return top, terms.sum(axis=1), terms @ j, terms @ (j * j)


def _log_limit(up: FloatArray, down: FloatArray, start: FloatArray) -> FloatArray:
    """The u where ``P(A >= a) = 0.025`` at odds ratio exp(u); -inf where a is least.

    ``log P`` is concave and increasing in u: Newton's steps land left of the root after
    the first and then go up to it.
    """
    u = np.where(np.isneginf(down[:, 0]), -np.inf, start)
    rows = np.flatnonzero(np.isfinite(u))
    for _ in range(_STEPS):
        if not rows.size:
            break
        top, more, more_j, _square = _moments(up[rows], u[rows])
        low_top, less, less_j, _square = _moments(down[rows], -u[rows])
        # Weights above and below on one scale, the table itself with those above.
        above = more + np.exp(-top)
        odds = less / above * np.exp(low_top - top)
        mean_above, mean_below = more_j / above, -less_j / np.maximum(less, 1e-300)
        share_below = odds / (1 + odds)
        slope = (mean_above - mean_below) * share_below
        step = (np.log(TAIL_95) + np.log1p(odds)) / slope
        # Far to the right the slope is next to nothing and the step without end.
        u[rows] += np.maximum(step, -50.0)
        rows = rows[np.abs(step) > 1e-9]
    return u


def _log_estimate(
    up: FloatArray,
    down: FloatArray,
    start: FloatArray,
    low: FloatArray,
    high: FloatArray,
) -> FloatArray:
    """The u where the mean of A is a; infinite where a is the least or the most."""
    is_least, is_most = np.isneginf(low), np.isposinf(high)
    u = np.where(is_least, -np.inf, np.where(is_most, np.inf, start))
    left, right = low.copy(), high.copy()
    rows = np.flatnonzero(np.isfinite(u))
    for _ in range(_STEPS):
        if not rows.size:
            break
        top_up, more, more_j, more_2 = _moments(up[rows], u[rows])
        top_down, less, less_j, less_2 = _moments(down[rows], -u[rows])
        top = np.maximum(top_up, top_down)
        scale_up, scale_down = np.exp(top_up - top), np.exp(top_down - top)
        total = more * scale_up + less * scale_down + np.exp(-top)
        mean = (more_j * scale_up - less_j * scale_down) / total
        square = (more_2 * scale_up + less_2 * scale_down) / total
        is_right = mean > 0
        right[rows[is_right]] = u[rows[is_right]]
        left[rows[~is_right]] = u[rows[~is_right]]
        step = -mean / (square - mean * mean)
        after = u[rows] + step
        middle = (left[rows] + right[rows]) / 2
        outside = (after < left[rows]) | (after > right[rows])
        u[rows] = np.where(outside, middle, after)
        rows = rows[(np.abs(step) > 1e-9) | outside]
    return u
