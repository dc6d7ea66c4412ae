"""Rising: whether an event is reported more disproportionately of late than before.

A growing cumulative lower limit is no evidence of a rise: it grows with the number of
reports while the ratio stays. What is compared here are two disjoint sets of reports.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]

# Standard normal quantile of 0.95: two-sided limits of 90 %.
Z_90 = 1.6448536269514722

# Probability that a limit leaves outside on its side; level of the test.
_TAIL = 0.05

# Cases of the recent window below which nothing is called rising.
_MIN_RECENT = 3

# Terms of the conditional distributions in memory at a time, 16 MB.
_CHUNK = 2_000_000


@dataclass(frozen=True)
class Contrast:
    """Ratio of the recent odds ratio to the one before, one per pair of tables.

    Attributes
    ----------
    point, low, high
        Estimate and 90 % limits, on the ratio's own scale; NaN where not defined.
    is_exact
        True where a zero cell makes the ratio infinite or zero, and the limits are
        those of the exact conditional distribution.
    p_rising
        Exact one-sided p-value of a ratio that did not rise; 1 where no cell can move.
    is_rising
        At least 3 recent cases, lower limit above 1 and `p_rising` at most 0.05.
    """

    point: FloatArray
    low: FloatArray
    high: FloatArray
    is_exact: BoolArray
    p_rising: FloatArray
    is_rising: BoolArray


def recent_contrast(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    c: npt.ArrayLike,
    d: npt.ArrayLike,
    a_before: npt.ArrayLike,
    b_before: npt.ArrayLike,
    c_before: npt.ArrayLike,
    d_before: npt.ArrayLike,
) -> Contrast:
    r"""ROR of the recent window, eight quarters as a rule, over the ROR before it.

    .. math:: R = \frac{a d / (b c)}{a' d' / (b' c')}, \qquad
              R \exp(\mp z s), \quad
              s^2 = \frac1a + \frac1b + \frac1c + \frac1d
                  + \frac1{a'} + \frac1{b'} + \frac1{c'} + \frac1{d'},

    with :math:`z = 1.6449` (two-sided 90 %) and the cells before dashed.

    The normal limit alone would call a constant ratio rising too often where cases are
    few: with one case expected of late and a well-known ratio before, three cases have
    a lower limit of 1.16, and three or more come in 8 % of the time. So rising asks for
    the exact test as well: given the margins of both tables and the cases of both
    together, :math:`s = a + a'`, the recent cases have under a constant ratio the
    distribution

    .. math:: P(a = k) \propto \binom{a + b}{k} \binom{c + d}{a + c - k}
              \binom{a' + b'}{s - k} \binom{c' + d'}{a' + c' - s + k},

    which no nuisance parameter enters [1]_, and
    :math:`p = P(k \ge a)`. Its level is at most 0.05 whatever the counts.

    Parameters
    ----------
    a, b, c, d
        Cells of reports of the recent window: drug and event, drug only, event only,
        neither. All eight broadcast against each other.
    a_before, b_before, c_before, d_before
        Cells of the reports before the window. No report may be in both.

    Returns
    -------
    Contrast
        Shape of the broadcast cells, at least one dimension. No cell is raised by a
        half.

        ===========================  ==================================================
        table                        result
        ===========================  ==================================================
        a' = 0 (or another zero that  infinite; the lower limit is the ratio at which
        makes the ratio infinite)     the observed extreme has probability 0.05
        a = 0 (or another that        0, lower limit 0, upper limit likewise exact
        makes it zero)
        zeros of both kinds, or no    NaN, `p_rising` 1
        case in either set
        ===========================  ==================================================

    References
    ----------
    .. [1] Zelen. The analysis of several 2x2 contingency tables. Biometrika
       1971;58:129-137. The conditional distribution for two tables.

    Examples
    --------
    Eight recent cases of 100 reports after ten of 500, background steady:

    >>> result = recent_contrast(8, 92, 1000, 99_000, 10, 490, 5000, 495_000)
    >>> result.point.round(2), result.low.round(2), result.high.round(2)
    (array([4.26]), array([1.91]), array([9.52]))
    >>> result.p_rising.round(4), result.is_rising
    (array([0.0047]), array([ True]))

    Four recent cases and none before have no upper limit, but a lower one:

    >>> result = recent_contrast(4, 96, 1000, 99_000, 0, 100, 1000, 99_000)
    >>> result.point, result.low.round(2), result.is_exact, result.is_rising
    (array([inf]), array([0.91]), array([ True]), array([False]))
    """
    cells = [
        np.atleast_1d(cell)
        for cell in np.broadcast_arrays(
            *(
                np.asarray(cell, dtype=np.float64)
                for cell in (a, b, c, d, a_before, b_before, c_before, d_before)
            )
        )
    ]
    if any((cell < 0).any() for cell in cells):
        raise ValueError("a cell of a 2x2 table is negative; pass counts of reports")
    shape = cells[0].shape
    # Cells that a further recent case takes from, and cells that it adds to.
    a, b, c, d, a_before, b_before, c_before, d_before = (
        cell.ravel() for cell in cells
    )
    more = np.stack([a, d, b_before, c_before])
    less = np.stack([b, c, a_before, d_before])

    with np.errstate(divide="ignore", invalid="ignore"):
        log = np.log(more).sum(axis=0) - np.log(less).sum(axis=0)
        width = Z_90 * np.sqrt((1 / more).sum(axis=0) + (1 / less).sum(axis=0))
        point = np.exp(log)
        low, high = np.exp(log - width), np.exp(log + width)

    infinite = (less == 0).any(axis=0) & (more > 0).all(axis=0)
    zero = (more == 0).any(axis=0) & (less > 0).all(axis=0)
    for i in np.flatnonzero(infinite):
        low[i], high[i] = _extreme_limit(more[:, i], less[:, i]), np.inf
    for i in np.flatnonzero(zero):
        low[i], high[i] = 0.0, 1 / _extreme_limit(less[:, i], more[:, i])
    p_rising = _p_rising(more, less)
    is_rising = (a >= _MIN_RECENT) & (low > 1) & (p_rising <= _TAIL)
    return Contrast(
        point=point.reshape(shape),
        low=low.reshape(shape),
        high=high.reshape(shape),
        is_exact=(infinite | zero).reshape(shape),
        p_rising=p_rising.reshape(shape),
        is_rising=is_rising.reshape(shape),
    )


def _log_weights(taken: FloatArray, given: FloatArray) -> FloatArray:
    """Weights of the tables with 0, 1, ... reports moved, relative to the observed.

    A report moved takes one from each of four cells and gives one to each of the other
    four; the last weight is that of the table whose smallest of the four is empty.
    """
    i = np.arange(taken.min())
    steps = np.log((taken[:, np.newaxis] - i) / (given[:, np.newaxis] + i + 1))
    return np.concatenate([[0.0], np.cumsum(steps.sum(axis=0))])


def _p_rising(more: FloatArray, less: FloatArray) -> FloatArray:
    """Probability of the observed or more recent cases, the ratio being constant.

    Weights relative to that of the observed table, one column a pair. Up to the peak
    they may pass what a float holds, so the sums are kept as logarithms.
    """
    above = _log_sums(less, more)
    below = _log_sums(more, less)
    # The observed table itself is among those above.
    with np.errstate(over="ignore"):
        p: FloatArray = 1 / (1 + np.exp(below - np.logaddexp(0.0, above)))
    return p


def _log_sums(taken: FloatArray, given: FloatArray) -> FloatArray:
    """Logarithm of the sum of the weights of the tables with 1, 2, ... reports moved.

    The same weights as `_log_weights` without the first; minus infinity where no report
    can move. Columns of like length are computed together.
    """
    length = taken.min(axis=0).astype(np.int64)
    result = np.full(length.size, -np.inf)
    order = np.argsort(length, kind="stable")
    order = order[length[order] > 0]
    while order.size:
        # As many columns as fit, from the longest on.
        longest = int(length[order[-1]])
        batch = order[-max(1, _CHUNK // longest) :]
        order = order[: -batch.size]
        i = np.arange(longest)
        steps = np.zeros((batch.size, longest))
        for cell_taken, cell_given in zip(
            taken[:, batch], given[:, batch], strict=True
        ):
            # Past its length a column is masked below; 1 keeps the logarithm finite.
            left = np.maximum(cell_taken[:, np.newaxis] - i, 1.0)
            steps += np.log(left / (cell_given[:, np.newaxis] + i + 1))
        weights = np.cumsum(steps, axis=1)
        weights[i >= length[batch, np.newaxis]] = -np.inf
        top = weights.max(axis=1)
        weights -= top[:, np.newaxis]
        result[batch] = top + np.log(np.exp(weights).sum(axis=1))
    return result


def _extreme_limit(more: FloatArray, less: FloatArray) -> float:
    """Ratio at which the observed table, with most recent cases, has probability 0.05.

    With j cases fewer the weight is ``w_j y^j``, y the reciprocal of the ratio and
    ``w_0 = 1``; the limit is where all weights sum to 20.
    """
    log_w = _log_weights(more, less)[1:]
    j = np.arange(1, log_w.size + 1)
    target = -np.log(_TAIL)
    # Where one term alone reaches the target the sum is beyond it. The logarithm of the
    # sum is convex in u = log y and increasing: Newton's steps never pass the root.
    u = float(np.min((target - log_w) / j))
    step = np.inf
    while step > 1e-9:
        exponents = np.append(log_w + j * u, 0.0)
        top = exponents.max()
        terms = np.exp(exponents - top)
        total = terms.sum()
        step = (np.log(total) + top - target) * total / (terms[:-1] @ j)
        u -= step
    return float(np.exp(-u))
