"""Likelihood of a mixture of two negative binomials, and where it is largest.

What `pvsignal.stats.mgps` is made of; formulas and references stand there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
Likelihood = Literal["A", "B", "C"]
Theta = tuple[float, float, float, float, float]
T = TypeVar("T")

# Largest exponent of a parameter. A gamma distribution of shape e^40 differs from a
# point, and one of shape e^-40 from zero, by less than float64 can tell, so that the
# likelihood is flat long before: this is a guard against overflow, no restriction.
_LIMIT = 40.0

# From here on Stirling's series of ln Gamma with four terms is exact in float64.
_STIRLING = 30.0

# Pairs at a time: the arrays of one go stay in the cache.
_CHUNK = 8_192

# Parts from which threads gain more than they cost.
_FEWEST_SHARED = 8

# Starts are searched on a table of at most about so many rows.
SQUASHED_ROWS = 20_000

# Two optima are the same if their negative log-likelihoods differ by less.
AGREE = 1e-4

# Newton's method ends where a further step should gain less.
_NEGLIGIBLE = 1e-9

# It ends too where the last step gained less: along a ridge it would never end, and
# there a step gains a small part of what the one before it did.
_LAST_GAIN = 1e-7


def parts(size: int) -> Iterator[slice]:
    """Slices that cut an array into pieces of the cache's size."""
    for start in range(0, size, _CHUNK):
        yield slice(start, start + _CHUNK)


def each_part(size: int, work: Callable[[slice], T]) -> list[T]:
    """What a work gives for each of the `parts`, in their order, on all processors.

    NumPy and scipy let other threads work while they compute. Which thread does a part
    changes no number.
    """
    pieces = list(parts(size))
    n_threads = os.cpu_count() or 1
    if n_threads == 1 or len(pieces) < _FEWEST_SHARED:
        return [work(piece) for piece in pieces]
    with ThreadPoolExecutor(n_threads) as pool:
        return list(pool.map(work, pieces))


def distinct(n: FloatArray) -> tuple[FloatArray, IntArray]:
    """Distinct values, ascending, and the place of each element among them."""
    top = n.max(initial=0.0)
    # A look-up table of all whole numbers up to the largest count spares the sort.
    if top <= 4 * n.size + 1000:
        whole = n.astype(np.intp)
        if np.array_equal(whole, n):
            present = np.bincount(whole) > 0
            place = np.cumsum(present) - 1
            return np.flatnonzero(present).astype(np.float64), place[whole]
    counts, which = np.unique(n, return_inverse=True)
    return counts, which


def _stirling(x: FloatArray | float) -> FloatArray:
    """What ``ln Gamma(x)`` has beyond ``(x - 1/2) ln x - x + ln(2 pi) / 2``."""
    y = 1 / np.square(x)
    series = (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y / 1680))) / x
    return np.asarray(series, dtype=np.float64)


def log_rising(alpha: float, n: FloatArray) -> FloatArray:
    """``ln Gamma(alpha + n) - ln Gamma(alpha)``.

    The difference of two logarithms of the order of 1e10 has no digits left where a
    component shrinks to a point; in Stirling's series they cancel by hand.
    """
    if alpha < _STIRLING:
        return np.asarray(special.gammaln(alpha + n) - special.gammaln(alpha))
    return (
        n * np.log(alpha + n)
        + (alpha - 0.5) * np.log1p(n / alpha)
        - n
        + (_stirling(alpha + n) - _stirling(alpha))
    )


def _log_rising_slope(alpha: float, n: FloatArray) -> FloatArray:
    """``alpha [psi(alpha + n) - psi(alpha)]``, the derivative by ``ln alpha``."""
    if alpha < _STIRLING:
        return np.asarray(alpha * (special.psi(alpha + n) - special.psi(alpha)))

    def beyond(x: FloatArray | float) -> FloatArray:
        y = 1 / np.square(x)
        terms = 0.5 / x + y * (1 / 12 - y * (1 / 120 - y * (1 / 252 - y / 240)))
        return np.asarray(terms, dtype=np.float64)

    return alpha * (np.log1p(n / alpha) - (beyond(alpha + n) - beyond(alpha)))


def log_density(shape: FloatArray, y: FloatArray) -> FloatArray:
    """Log density of a gamma distribution of rate 1 at y, by the logarithm of y.

    ``shape ln y - y - ln Gamma(shape)``, again with what is large taken out by hand.
    """
    off = (y - shape) / shape
    with np.errstate(divide="ignore"):
        log_ratio = np.where(
            np.abs(off) < 0.5, np.log1p(np.maximum(off, -0.9)), np.log(y / shape)
        )
    small = np.minimum(shape, _STIRLING)
    rest = np.where(
        shape < _STIRLING,
        small * np.log(small) - small - special.gammaln(small),
        np.log(shape / (2 * np.pi)) / 2 - _stirling(shape),
    )
    return shape * (log_ratio - off) + rest


@dataclass(frozen=True)
class Table:
    """Rows of distinct (n, E), sorted by n and then E, with their weights."""

    counts: FloatArray
    which: IntArray
    e: FloatArray
    weight: FloatArray

    @property
    def n_rows(self) -> int:
        """Distinct (n, E)."""
        return self.e.size

    @classmethod
    def of(
        cls,
        n: npt.ArrayLike,
        expected: npt.ArrayLike,
        weights: npt.ArrayLike | None,
        *,
        with_zeros: bool,
    ) -> Table:
        """Table of all cells, or of those above zero, equal ones grouped.

        Raises
        ------
        ValueError
            As `pvsignal.stats.mgps.fit_mgps` says.
        """
        count = np.asarray(n, dtype=np.float64)
        e = np.asarray(expected, dtype=np.float64)
        weight = np.ones(count.shape) if weights is None else np.asarray(weights)
        if count.ndim != 1 or count.shape != e.shape or weight.shape != count.shape:
            raise ValueError("counts, expected counts and weights are of one length")
        if not (np.isfinite(count).all() and np.all(count >= 0)):
            raise ValueError("a count is negative or not finite")
        bad = ~(np.isfinite(e) & (e > 0))
        if bad.any():
            raise ValueError(f"{bad.sum():,} expected counts not above 0 and finite")
        if not (np.isfinite(weight).all() and np.all(weight >= 0)):
            raise ValueError("a weight is negative or not finite")
        used = weight > 0
        if not with_zeros:
            used &= count > 0
        if not used.any():
            raise ValueError("no cell is left for a fit")
        if not used.all():
            count, e, weight = count[used], e[used], weight[used]

        order = np.lexsort((e, count))
        count, e, weight = count[order], e[order], weight[order].astype(np.float64)
        del order
        new = np.ones(e.size, dtype=np.bool_)
        new[1:] = (count[1:] != count[:-1]) | (e[1:] != e[:-1])
        first = np.flatnonzero(new)
        counts, which = distinct(count[first])
        return cls(counts, which, e[first], np.add.reduceat(weight, first))

    def squashed(self) -> Table:
        """Rows of one count averaged over quantile bins of ln E.

        A count with m rows has some multiple of sqrt(m) bins, so that the frequent ones
        keep more, and rare ones their rows.
        """
        size = np.bincount(self.which, minlength=self.counts.size)
        root = np.sqrt(size)
        bins = np.ceil(root * max(1.0, SQUASHED_ROWS / root.sum()))
        bins = np.minimum(bins, size)
        start = np.concatenate(([0], np.cumsum(size)[:-1]))
        rank = np.arange(self.n_rows) - start[self.which]
        bin_of = np.floor(rank * (bins / size)[self.which])
        new = np.ones(self.n_rows, dtype=np.bool_)
        new[1:] = (self.which[1:] != self.which[:-1]) | (bin_of[1:] != bin_of[:-1])
        first = np.flatnonzero(new)
        weight = np.add.reduceat(self.weight, first)
        e = np.exp(np.add.reduceat(self.weight * np.log(self.e), first) / weight)
        return Table(self.counts, self.which[first], e, weight)


def to_free(theta: Theta) -> FloatArray:
    """``(ln mean1, ln alpha1, ln mean2, ln alpha2, logit p)``."""
    alpha1, beta1, alpha2, beta2, p = theta
    logs = np.log([alpha1 / beta1, alpha1, alpha2 / beta2, alpha2])
    free: FloatArray = np.append(logs, special.logit(p))
    return free.clip(-_LIMIT, _LIMIT)


def from_free(free: FloatArray) -> Theta:
    """Inverse of `to_free`."""
    mean1, alpha1, mean2, alpha2 = (float(x) for x in np.exp(free[:4]))
    p = float(special.expit(free[4]))
    return alpha1, alpha1 / mean1, alpha2, alpha2 / mean2, p


class Objective:
    """Negative log-likelihood of a table, with its gradient, by free parameters."""

    def __init__(self, table: Table, likelihood: Likelihood) -> None:
        self._table = table
        self._likelihood = likelihood
        self.n_cells = float(table.weight.sum())
        self._log_e = np.log(table.e)
        self._n = table.counts[table.which]
        self._log_factorial = special.gammaln(table.counts + 1)
        # The terms of a row cancel from the order of n, which in tables of few drugs is
        # far above their sum.
        self._rounding = 1e-15 * float((table.weight * self._n).sum())

    def noise(self, nll: float) -> float:
        """What rounding may make of two values that are equal."""
        return 1e-13 * abs(nll) + self._rounding

    def __call__(self, free: FloatArray) -> tuple[float, FloatArray]:
        """Value and gradient."""
        table = self._table
        alpha1, beta1, alpha2, beta2, _ = from_free(free)
        parameters = ((alpha1, beta1), (alpha2, beta2))
        rising = [
            log_rising(a, table.counts) - self._log_factorial for a, _ in parameters
        ]
        slopes = [_log_rising_slope(a, table.counts) for a, _ in parameters]
        log_p = np.array([special.log_expit(free[4]), special.log_expit(-free[4])])

        def of_part(part: slice) -> tuple[float, FloatArray]:
            components = [
                _Component(
                    alpha,
                    beta,
                    rising[k][table.which[part]],
                    slopes[k][table.which[part]],
                    n=self._n[part],
                    e=table.e[part],
                    log_e=self._log_e[part],
                )
                for k, (alpha, beta) in enumerate(parameters)
            ]
            return _mixture(components, log_p, table.weight[part], self._likelihood)

        total, gradient = 0.0, np.zeros(5)
        for value, slope in each_part(table.n_rows, of_part):
            total -= value
            gradient -= slope
        return total, gradient

    def hessian(self, free: FloatArray) -> FloatArray:
        """Second derivatives, by central differences of the analytic gradient."""
        step = 1e-4
        shifts = step * np.eye(5)
        columns = [(self(free + s)[1] - self(free - s)[1]) / (2 * step) for s in shifts]
        matrix = np.array(columns)
        return (matrix + matrix.T) / 2

    def rough_hessian(self, free: FloatArray, gradient: FloatArray) -> FloatArray:
        """Second derivatives by differences to one side, at half the price.

        They give Newton's method its direction; whether it has arrived is told by what
        a step gained, and in the end by `hessian`.
        """
        step = 1e-4
        columns = [(self(free + s)[1] - gradient) / step for s in step * np.eye(5)]
        matrix = np.array(columns)
        return (matrix + matrix.T) / 2


class _Component:
    """One negative binomial over some cells: logarithm, derivatives, share above 0.

    Attributes
    ----------
    log_f
        ln f(n).
    by_mean, by_shape
        Derivatives of ``log_f`` by ``ln(alpha / beta)`` and, at that fixed, by
        ``ln alpha``.
    """

    def __init__(
        self,
        alpha: float,
        beta: float,
        rising: FloatArray,
        slope: FloatArray,
        *,
        n: FloatArray,
        e: FloatArray,
        log_e: FloatArray,
    ) -> None:
        log_odds = np.log1p(e / beta)
        self._z = alpha * log_odds  # -ln f(0)
        self.log_f = rising - self._z + n * (log_e - np.log(beta) - log_odds)
        share = e / (beta + e)
        self.by_mean = beta / (beta + e) * n - alpha * share
        self.by_shape = slope - self._z - self.by_mean
        self._z_by_mean = alpha * share
        self._z_by_shape = self._z - self._z_by_mean

    def above_zero(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """``1 - f(0)`` and its derivatives by the same two."""
        above = -np.expm1(-self._z)
        f_zero = 1 - above
        return above, f_zero * self._z_by_mean, f_zero * self._z_by_shape


def _mixture(
    components: list[_Component],
    log_p: FloatArray,
    weight: FloatArray,
    likelihood: Likelihood,
) -> tuple[float, FloatArray]:
    """Weighted log-likelihood of some cells and its gradient."""
    p = np.exp(log_p)
    above = [component.above_zero() for component in components]
    tiny = np.finfo(np.float64).tiny
    logs = [component.log_f + log_p[k] for k, component in enumerate(components)]
    if likelihood == "A":
        for k in range(2):
            logs[k] -= np.log(np.maximum(above[k][0], tiny))
    difference = logs[0] - logs[1]
    value = np.maximum(logs[0], logs[1]) + np.log1p(np.exp(-np.abs(difference)))
    q = special.expit(difference)
    shares = [weight * q, weight * (1 - q)]
    by_p = (weight * (q - p[0])).sum()
    if likelihood == "B":
        reported = np.maximum(p[0] * above[0][0] + p[1] * above[1][0], tiny)
        value -= np.log(reported)
        by_p = (weight * (q - p[0] * above[0][0] / reported)).sum()
    gradient = np.empty(5)
    gradient[4] = by_p
    for k, component in enumerate(components):
        by_mean = shares[k] * component.by_mean
        by_shape = shares[k] * component.by_shape
        if likelihood == "A":
            scaled = shares[k] / np.maximum(above[k][0], tiny)
        elif likelihood == "B":
            scaled = weight * p[k] / reported
        if likelihood != "C":
            by_mean -= scaled * above[k][1]
            by_shape -= scaled * above[k][2]
        gradient[2 * k], gradient[2 * k + 1] = by_mean.sum(), by_shape.sum()
    return float((weight * value).sum()), gradient


@dataclass(frozen=True)
class End:
    """Where a search ended, and what a further step of Newton's method would gain."""

    free: FloatArray
    nll: float
    gradient: FloatArray
    gain: float


def search(objective: Objective, free: FloatArray) -> End:
    """Minimum of the negative log-likelihood that BFGS and then Newton reach from here.

    BFGS rather than L-BFGS-B: for five parameters it needs no more steps, and scipy's
    L-BFGS-B wakes the threads of the linear algebra library for its tiny matrices,
    which on a busy machine takes many times as long as the objective.
    """

    # Per cell, so that the first step of the line search is of the order of 1.
    def per_cell(at: FloatArray) -> tuple[float, FloatArray]:
        inside = at.clip(-_LIMIT, _LIMIT)
        nll, gradient = objective(inside)
        gradient[at != inside] = 0
        return nll / objective.n_cells, gradient / objective.n_cells

    # Newton's method needs no more than the neighbourhood of the optimum.
    found = optimize.minimize(
        per_cell, free, jac=True, method="BFGS", options={"maxiter": 400, "gtol": 1e-7}
    )
    return refine(objective, objective, found.x.clip(-_LIMIT, _LIMIT))


def candidates(ends: list[End]) -> list[End]:
    """The best, and the next two that are different optima and not clearly worse.

    Averaging shifts the likelihood, so that on the whole table the second may be first.
    """
    distinct = [ends[0]]
    for end in ends[1:]:
        close = end.nll - ends[0].nll <= 1e-3 * abs(ends[0].nll)
        if close and end.nll - distinct[-1].nll > AGREE:
            distinct.append(end)
    return distinct[:3]


def refine(whole: Objective, averaged: Objective, free: FloatArray) -> End:
    """Newton's method on one objective with second derivatives of a cheaper one.

    Where they make the gradient shrink slowly, or a step does not lower the objective,
    the second derivatives are taken from the objective itself.
    """
    nll, gradient = whole(free)
    cheap = whole is not averaged
    curvature = averaged.rough_hessian(free, averaged(free)[1] if cheap else gradient)
    step, gain = _newton(curvature, gradient)
    for _ in range(40):
        end = _shorten(whole, free, step, nll, gradient)
        slow = end is None or np.abs(end.gradient).max() > np.abs(gradient).max() / 5
        gained = 0.0 if end is None else nll - end.nll
        if end is not None:
            free, nll, gradient = end.free, end.nll, end.gradient
        elif not cheap:
            break
        if not cheap or slow:
            cheap, curvature = False, whole.rough_hessian(free, gradient)
        step, gain = _newton(curvature, gradient)
        if not slow and gain <= _NEGLIGIBLE:
            break
        if not cheap and end is not None and gained <= whole.noise(nll) + _LAST_GAIN:
            break
    return End(free, nll, gradient, gain)


def gain_left(objective: Objective, end: End) -> float:
    """What a further step of Newton's method would lower the objective by."""
    return _newton(objective.hessian(end.free), end.gradient)[1]


def _newton(curvature: FloatArray, gradient: FloatArray) -> tuple[FloatArray, float]:
    """Newton's step, and by how much it should lower the objective.

    Along a ridge, and where the objective curves down, the step is kept finite.
    """
    values, vectors = np.linalg.eigh(curvature)
    scale = np.maximum(np.abs(values), 1e-9 * np.abs(values).max())
    scale = np.maximum(scale, np.finfo(np.float64).tiny)
    along = vectors.T @ gradient
    step = -(vectors @ (along / scale))
    longest = np.abs(step).max()
    gain = float(np.sum(along**2 / scale) / 2)
    return step * min(1.0, 2.0 / longest) if longest > 0 else step, gain


def _shorten(
    objective: Objective,
    free: FloatArray,
    step: FloatArray,
    nll: float,
    gradient: FloatArray,
) -> End | None:
    """The first of the step, its half, ... that does not raise the objective."""
    # Near the optimum rounding hides the gain; a smaller gradient is then the evidence.
    noise = objective.noise(nll)
    for _ in range(12):
        there = np.clip(free + step, -_LIMIT, _LIMIT)
        value, slope = objective(there)
        lower = value < nll - noise
        level = value <= nll + noise and np.abs(slope).max() < np.abs(gradient).max()
        if lower or level:
            return End(there, value, slope, np.inf)
        step = step / 2
    return None
