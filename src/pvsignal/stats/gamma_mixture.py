"""Mixture of two gamma distributions for each of many pairs, and its quantiles.

What `pvsignal.stats.mgps` is made of; formulas and references stand there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from pvsignal.stats.gamma_poisson import each_part, log_density, parts

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

# Natural logarithm of the smallest quantile that is told from zero.
_FLOOR = -700.0

# Up to this many pairs every quantile is solved for.
_SOLVE_ALL = 250_000

# Error of ln(quantile) half-way between two nodes at which a grid is fine enough; the
# points half-way then become nodes, which divides the error by 16 once more.
_GRID_TOLERANCE = 2e-9

_TAILS = (0.05, 0.95)

# A count has a grid if so many pairs share it, and the grid fewer nodes than pairs.
_GRID_PAIRS = 100
_GRID_STEP = 0.5


@dataclass(frozen=True)
class Components:
    """Both components of a prior, with what depends on the count alone, by count."""

    counts: FloatArray
    log_odds_p: float
    alphas: tuple[float, float]
    betas: tuple[float, float]
    log_gammas: tuple[FloatArray, FloatArray]

    def posterior(self, which: IntArray, e: FloatArray) -> Posterior:
        """Posterior of pairs, given which of the counts each has, and its E."""
        n = self.counts[which]
        (alpha1, alpha2), (beta1, beta2) = self.alphas, self.betas
        u1, u2 = np.log1p(e / beta1), np.log1p(e / beta2)
        log_odds = (
            self.log_odds_p
            + (self.log_gammas[0] - self.log_gammas[1])[which]
            - (alpha1 * u1 - alpha2 * u2)
            - n * (np.log(beta1) - np.log(beta2) + u1 - u2)
        )
        rates = beta1 + e, beta2 + e
        slope = n * (beta1 / rates[0] - beta2 / rates[1]) - e * (
            alpha1 / rates[0] - alpha2 / rates[1]
        )
        return Posterior(log_odds, slope, (alpha1 + n, alpha2 + n), rates, e)

    def log_quantiles(self, p: float) -> tuple[FloatArray, FloatArray]:
        """Logarithm of the quantiles of both gamma distributions with rate 1."""
        with np.errstate(divide="ignore"):
            first, second = (
                np.log(special.gammaincinv(alpha + self.counts, p))
                for alpha in self.alphas
            )
        return first, second


@dataclass(frozen=True)
class Posterior:
    """Mixture of two gamma distributions for each of some pairs.

    Attributes
    ----------
    log_odds, slope
        Logit of the weight of component 1, and its derivative by ln E.
    """

    log_odds: FloatArray
    slope: FloatArray
    shapes: tuple[FloatArray, FloatArray]
    rates: tuple[FloatArray, FloatArray]
    e: FloatArray

    @property
    def q(self) -> FloatArray:
        """Weight of component 1."""
        return np.asarray(special.expit(self.log_odds))

    @property
    def q_other(self) -> FloatArray:
        """Weight of component 2, exact where that of component 1 is near 1."""
        return np.asarray(special.expit(-self.log_odds))

    def geometric_mean(self) -> FloatArray:
        """Exponential of the mean of the logarithm of the ratio."""
        first, second = (
            special.psi(shape) - np.log(rate)
            for shape, rate in zip(self.shapes, self.rates, strict=True)
        )
        return np.asarray(np.exp(self.q * first + self.q_other * second))

    def distribution(self, log_ratio: FloatArray) -> FloatArray:
        """Probability of a reporting ratio up to the one given by its logarithm."""
        x = np.exp(log_ratio)
        first, second = (
            special.gammainc(shape, x * rate)
            for shape, rate in zip(self.shapes, self.rates, strict=True)
        )
        # Both weights are rounded and may sum to a hair above 1.
        below = self.q * first + self.q_other * second
        return np.asarray(np.minimum(below, 1.0))

    def beyond(self, log_ratio: FloatArray) -> FloatArray:
        """One minus `distribution`, exact where that is near 1."""
        x = np.exp(log_ratio)
        first, second = (
            special.gammaincc(shape, x * rate)
            for shape, rate in zip(self.shapes, self.rates, strict=True)
        )
        return np.asarray(self.q * first + self.q_other * second)

    def _densities(self, log_ratio: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Densities of both components by the logarithm of the ratio."""
        x = np.exp(log_ratio)
        first, second = (
            np.exp(log_density(shape, x * rate))
            for shape, rate in zip(self.shapes, self.rates, strict=True)
        )
        return first, second

    def density(self, log_ratio: FloatArray) -> FloatArray:
        """Density by the logarithm of the ratio, the derivative of `distribution`."""
        first, second = self._densities(log_ratio)
        return self.q * first + self.q_other * second

    def quantile_slope(self, log_ratio: FloatArray) -> FloatArray:
        """Derivative of the logarithm of a quantile by ln E, at that quantile."""
        x = np.exp(log_ratio)
        first, second = self._densities(log_ratio)
        apart = special.gammainc(self.shapes[0], x * self.rates[0]) - special.gammainc(
            self.shapes[1], x * self.rates[1]
        )
        by_e = self.q * self.q_other * self.slope * apart + self.e * (
            self.q * first / self.rates[0] + self.q_other * second / self.rates[1]
        )
        return -by_e / (self.q * first + self.q_other * second)

    def take(self, keep: IntArray) -> Posterior:
        """Posterior of some of the pairs."""
        return Posterior(
            self.log_odds[keep],
            self.slope[keep],
            (self.shapes[0][keep], self.shapes[1][keep]),
            (self.rates[0][keep], self.rates[1][keep]),
            self.e[keep],
        )


def quantiles(components: Components, which: IntArray, e: FloatArray) -> FloatArray:
    """EB05 and EB95 of pairs, as two rows."""
    logs = np.empty((2, e.size))
    solved = np.ones(e.size, dtype=np.bool_)
    if e.size > _SOLVE_ALL:
        grid = _Grid.fitted(components, which, e)

        def read(part: slice) -> None:
            solved[part] = grid.read(which[part], e[part], logs[:, part])

        each_part(e.size, read)
    rest = np.flatnonzero(solved)
    for row, p in enumerate(_TAILS):
        starts = components.log_quantiles(p)

        def solve(
            part: slice,
            row: int = row,
            p: float = p,
            starts: tuple[FloatArray, FloatArray] = starts,
        ) -> None:
            pairs = rest[part]
            posterior = components.posterior(which[pairs], e[pairs])
            logs[row, pairs] = _solve(
                posterior, p, *(start[which[pairs]] for start in starts)
            )

        each_part(rest.size, solve)
    for part in parts(e.size):
        block = logs[:, part]
        zero = block <= _FLOOR + 1
        np.exp(block, out=block)
        block[zero] = 0.0
    return logs


def _solve(
    posterior: Posterior,
    p: float,
    first: FloatArray,
    second: FloatArray,
    start: FloatArray | None = None,
) -> FloatArray:
    """Logarithm of the quantile of p, from the log quantiles at rate 1 of both parts.

    The quantile of a mixture lies between those of its components. Newton's method runs
    on the logarithm of the nearer tail as a function of the logarithm of the ratio,
    which for one gamma distribution is concave; a step that leaves the bracket is
    replaced by its middle.
    """
    first = np.maximum(first - np.log(posterior.rates[0]), _FLOOR)
    second = np.maximum(second - np.log(posterior.rates[1]), _FLOOR)
    low, high = np.minimum(first, second), np.maximum(first, second)
    if start is None:
        start = posterior.q * first + posterior.q_other * second
    u = np.clip(start, low, high)
    lower = p <= 0.5
    target = np.log(p if lower else 1 - p)
    result = u.copy()
    # Nothing is left to solve where one component has all the weight.
    alone = np.minimum(posterior.q, posterior.q_other) < 1e-17
    active = np.flatnonzero((high - low > 1e-14) & ~alone)
    posterior, u, low, high = (
        posterior.take(active),
        u[active],
        low[active],
        high[active],
    )
    for _ in range(200):
        if active.size == 0:
            break
        tail = posterior.distribution(u) if lower else posterior.beyond(u)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            step = (target - np.log(tail)) * tail / posterior.density(u)
        below = tail < np.exp(target) if lower else tail > 1 - p
        low, high = np.where(below, u, low), np.where(below, high, u)
        newton = u + (step if lower else -step)
        inside = (newton >= low) & (newton <= high)
        following = np.where(inside, newton, (low + high) / 2)
        # Newton's error is of the order of the square of its last step, divided by the
        # width of the distribution, which is shape^(-1/2).
        close = 1e-8 * np.maximum(*posterior.shapes) ** -0.25
        done = np.where(inside, np.abs(newton - u) < close, high - low < 1e-15)
        result[active] = following
        more = np.flatnonzero(~done)
        active, posterior = active[more], posterior.take(more)
        u, low, high = following[more], low[more], high[more]
    return result


@dataclass(frozen=True)
class _Grid:
    """Cubics in ln E through the log quantiles of 0.05 and 0.95, by count.

    Attributes
    ----------
    low, per_step, n_steps, offset
        By count: ln E of the first node, steps per unit, number of steps (0 for a count
        without a grid), and place of its first cubic.
    cubics
        Coefficients of 1, s, s^2, s^3, s from 0 to 1 within a step, first of EB05, then
        of EB95; shape (steps, 8).
    """

    low: FloatArray
    per_step: FloatArray
    n_steps: IntArray
    offset: IntArray
    cubics: FloatArray

    @classmethod
    def fitted(cls, components: Components, which: IntArray, e: FloatArray) -> _Grid:
        size = components.counts.size
        n_pairs = np.bincount(which, minlength=size)
        low, high = np.full(size, np.inf), np.full(size, 0.0)
        np.minimum.at(low, which, e)
        np.maximum.at(high, which, e)
        low = np.log(low)
        width = np.maximum(np.log(high) - low, 1e-3)
        quantiles = [components.log_quantiles(p) for p in _TAILS]

        def nodes(
            at: dict[int, FloatArray], starts: list[FloatArray] | None
        ) -> list[FloatArray]:
            """Log quantiles and their slopes at some ln E of some counts."""
            where = np.repeat(list(at), [x.size for x in at.values()])
            posterior = components.posterior(
                where, np.exp(np.concatenate(list(at.values())))
            )
            found = []
            for row, p in enumerate(_TAILS):
                first, second = (part[where] for part in quantiles[row])
                u = _solve(
                    posterior, p, first, second, None if starts is None else starts[row]
                )
                with np.errstate(divide="ignore", invalid="ignore"):
                    found += [u, posterior.quantile_slope(u)]
            ends = np.cumsum([x.size for x in at.values()])[:-1]
            return np.split(np.array(found), ends, axis=1)

        many = np.flatnonzero(n_pairs >= _GRID_PAIRS).tolist()
        steps = {k: int(max(4, np.ceil(width[k] / _GRID_STEP))) for k in many}
        at = {k: low[k] + width[k] * np.arange(m + 1) / m for k, m in steps.items()}
        ready: dict[int, FloatArray] = {}
        open_grids = dict(zip(at, nodes(at, None), strict=True)) if at else {}
        while open_grids:
            at, guesses = {}, []
            for k, values in open_grids.items():
                m = values.shape[1] - 1
                at[k] = low[k] + width[k] * (np.arange(m) + 0.5) / m
                guesses.append(_halfway(values, width[k] / m))
            guess = np.concatenate(guesses, axis=1)
            halves = nodes(at, list(guess))
            finer = {}
            for (k, values), half, own in zip(
                open_grids.items(), halves, guesses, strict=True
            ):
                merged = np.empty((4, values.shape[1] + half.shape[1]))
                merged[:, ::2], merged[:, 1::2] = values, half
                error = np.abs(half[::2] - own).max()
                if error <= _GRID_TOLERANCE:
                    ready[k] = merged
                elif 2 * merged.shape[1] < n_pairs[k]:
                    finer[k] = merged
            open_grids = finer

        n_steps = np.zeros(size, dtype=np.intp)
        for k, values in ready.items():
            n_steps[k] = values.shape[1] - 1
        offset = np.cumsum(n_steps) - n_steps
        cubics = np.empty((int(n_steps.sum()), 8))
        for k, values in ready.items():
            cubics[offset[k] : offset[k] + n_steps[k]] = _cubics(
                values, width[k] / n_steps[k]
            )
        return cls(low, n_steps / width, n_steps, offset, cubics)

    def read(
        self, which: IntArray, e: FloatArray, logs: FloatArray
    ) -> npt.NDArray[np.bool_]:
        """Fill in the log quantiles of pairs, and tell which have no grid."""
        n_steps = self.n_steps[which]
        s = (np.log(e) - self.low[which]) * self.per_step[which]
        step = np.clip(s.astype(np.intp), 0, np.maximum(n_steps - 1, 0))
        missing = np.asarray(n_steps == 0)
        if missing.all():
            return missing
        s -= step
        place = np.where(missing, 0, self.offset[which] + step)
        c = self.cubics[place]
        for row in range(2):
            c0, c1, c2, c3 = c[:, 4 * row : 4 * row + 4].T
            logs[row] = c0 + s * (c1 + s * (c2 + s * c3))
        return missing


def _halfway(values: FloatArray, step: float) -> FloatArray:
    """Cubics half-way between nodes; rows are value, slope, value, slope."""
    y, d = values[::2], values[1::2]
    return (y[:, :-1] + y[:, 1:]) / 2 + step / 8 * (d[:, :-1] - d[:, 1:])


def _cubics(values: FloatArray, step: float) -> FloatArray:
    """Coefficients of the cubics that have the values and slopes of their nodes."""
    parts = []
    for y, d in zip(values[::2], values[1::2] * step, strict=True):
        rise, d0, d1 = np.diff(y), d[:-1], d[1:]
        parts += [y[:-1], d0, 3 * rise - 2 * d0 - d1, d0 + d1 - 2 * rise]
    return np.stack(parts, axis=1)
