"""Adjusted reporting odds ratios of many events of one drug at once.

The patterns of covariates are the same for every event of a drug, so the design is
made once and all events are fitted side by side. A covariate is a set of categories:
the information matrix is a sum over pairs of levels, never a product of the design with
itself, which has a column for each level and thousands of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array
from scipy.special import expit

from pvsignal.stats.adjusted import COVARIATES, adjusted_ror
from pvsignal.stats.cells import BoolArray, FloatArray
from pvsignal.stats.twobytwo import Z_95, Ratio

# Gain of log-likelihood that the last step promised, twice, as in `adjusted_ror`.
_TOLERANCE = 1e-12

# Steps after which the likelihood may have no maximum. One that is reached at infinity
# gains a factor of e less with each step, and would need 27 steps to look found.
_STEPS = 20

# A larger logarithm of the ratio may be on its way to infinity.
_LARGEST = 10.0

# Smallest eigenvalue of an information scaled to a diagonal of 1 that determines all.
_SINGULAR = 1e-9


def adjusted_ror_of_events(
    levels: pd.DataFrame,
    n_drug: npt.ArrayLike,
    n: npt.ArrayLike,
    *,
    a: npt.ArrayLike,
    n_event: npt.ArrayLike,
    covariates: Sequence[str] = COVARIATES,
) -> Ratio:
    """Adjusted reporting odds ratios of the events of one drug, as by `adjusted_ror`.

    The same model, estimate and limits; only the way there differs. Newton's method
    runs for all events together. An event whose likelihood has no clear maximum (a
    separated or undetermined ratio, covariates that say the same) is given to
    `adjusted_ror`, alone.

    Parameters
    ----------
    levels
        One row a pattern of covariates, in columns of their names; patterns may occur
        more than once.
    n_drug, n, a, n_event
        Reports with the drug, in all, with drug and event, with the event; shape
        (events, patterns). Margins differ between events where reports leave for some.
    covariates
        Columns to adjust for.

    Returns
    -------
    Ratio
        One per event, natural scale, 95 % limits. NaN where the data do not determine
        the ratio. `is_exact` where it is zero or infinite: the finite limit is then
        that of the profile likelihood.

    Raises
    ------
    ValueError
        If a count is negative or exceeds its margin.

    Examples
    --------
    The event of `adjusted_ror`'s example, and one that age does not touch:

    >>> levels = pd.DataFrame({"age_band": ["65+", "18-64"]})
    >>> result = adjusted_ror_of_events(
    ...     levels,
    ...     [[180, 10], [180, 10]],
    ...     [[200, 910], [200, 910]],
    ...     a=[[90, 1], [40, 2]],
    ...     n_event=[[100, 91], [42, 92]],
    ...     covariates=["age_band"],
    ... )
    >>> result.point.round(2), result.low.round(2), result.high.round(2)
    (array([1.  , 2.41]), array([0.43, 0.83]), array([2.33, 6.97]))
    """
    drug, total, both, event = np.broadcast_arrays(
        *(np.atleast_2d(np.asarray(x, np.float64)) for x in (n_drug, n, a, n_event))
    )
    codes, names = _codes(levels, covariates)
    counts = _Counts.summed(
        codes, exposed=drug, exposed_event=both, others=total - drug, c=event - both
    )
    point, se, is_found = _fit(counts)
    result = Ratio(
        np.exp(point),
        np.exp(point - Z_95 * se),
        np.exp(point + Z_95 * se),
        np.zeros(point.size, dtype=np.bool_),
    )
    for place in np.flatnonzero(~is_found).tolist():
        alone = adjusted_ror(counts.frame(place, names), covariates=covariates)
        result.point[place], result.is_exact[place] = alone.point, alone.is_separated
        result.low[place], result.high[place] = alone.low, alone.high
    return result


@dataclass(frozen=True)
class _Counts:
    """Reports by pattern of covariates, patterns without a report left out.

    Attributes
    ----------
    codes
        Level of each covariate, shape (patterns, covariates), from 0.
    exposed, exposed_event, others, others_event
        Reports with the drug, of them with the event, without it, of them with the
        event; shape (events, patterns).
    """

    codes: npt.NDArray[np.int64]
    exposed: FloatArray
    exposed_event: FloatArray
    others: FloatArray
    others_event: FloatArray

    @classmethod
    def summed(
        cls,
        codes: npt.NDArray[np.int64],
        exposed: FloatArray,
        *,
        exposed_event: FloatArray,
        others: FloatArray,
        c: FloatArray,
    ) -> _Counts:
        """Counts of rows of equal codes together."""
        if min(x.min(initial=0.0) for x in (exposed_event, c)) < 0:
            raise ValueError("a count is negative; pass counts of reports")
        if (exposed_event > exposed).any() or (c > others).any():
            raise ValueError("a count exceeds the reports of its pattern")
        is_held = (exposed + others).any(axis=0)
        distinct, place = np.unique(codes[is_held], axis=0, return_inverse=True)
        rows = np.arange(place.size)
        # An empty table has no place to be summed at.
        shape = (place.size, len(distinct))
        into = csr_array((np.ones(place.size), (rows, place.reshape(-1))), shape=shape)

        def at_patterns(values: FloatArray) -> FloatArray:
            return np.asarray((into.T @ values[:, is_held].T).T)

        return cls(
            distinct,
            at_patterns(exposed),
            at_patterns(exposed_event),
            at_patterns(others),
            at_patterns(c),
        )

    def frame(
        self, place: int, names: Sequence[tuple[str, npt.NDArray[np.object_]]]
    ) -> pd.DataFrame:
        """Grouped counts of one event, as `adjusted_ror` takes them."""
        levels = {
            name: texts[self.codes[:, column]]
            for column, (name, texts) in enumerate(names)
        }
        return pd.concat(
            pd.DataFrame({**levels, "is_exposed": flag, "n_event": count, "n": reports})
            for flag, count, reports in (
                (True, self.exposed_event[place], self.exposed[place]),
                (False, self.others_event[place], self.others[place]),
            )
        )


def _codes(
    levels: pd.DataFrame, covariates: Sequence[str]
) -> tuple[npt.NDArray[np.int64], list[tuple[str, npt.NDArray[np.object_]]]]:
    """Levels as numbers, and the level of each number; missing is one of them."""
    codes, names = [], []
    for name in covariates:
        # The last place of the texts is that of -1, a missing value.
        found, texts = pd.factorize(levels[name].astype(object))
        codes.append(np.where(found < 0, len(texts), found))
        names.append((name, np.array([*texts, None], dtype=object)))
    shape = (len(levels), len(names))
    made = np.array(codes, dtype=np.int64).T.reshape(shape)
    return made, names


def _fit(counts: _Counts) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Logarithm of the ratio, its standard error, and whether a maximum was found.

    The parameters are the logarithm of the ratio, the constant and all levels; of each
    covariate the largest level that is left is held at 0.
    """
    n_events = len(counts.exposed)
    nothing = np.full(n_events, np.nan)
    if not counts.codes.size and not counts.exposed.size:
        return nothing, nothing, np.zeros(n_events, dtype=np.bool_)
    design = _Design.of(counts.codes)
    is_kept, is_held = _kept(counts, design)
    x, y = np.where(is_kept, counts.exposed, 0), np.where(is_kept, counts.others, 0)
    x_event = np.where(is_kept, counts.exposed_event, 0)
    y_event = np.where(is_kept, counts.others_event, 0)
    reports, cases = (x + y).sum(axis=1), (x_event + y_event).sum(axis=1)
    can_fit = (cases > 0) & (cases < reports)
    share = np.where(can_fit, cases / np.maximum(reports, 1), 0.5)

    size = design.n_columns
    params = np.zeros((n_events, size))
    params[:, 1] = np.log(share / (1 - share))
    is_settled = np.zeros(n_events, dtype=np.bool_)
    information = np.zeros((n_events, size, size))
    active = np.flatnonzero(can_fit)
    for _ in range(_STEPS):
        if not active.size:
            break
        eta = design.predictor(params[active, 1:])
        p_x, p_y = expit(eta + params[active, :1]), expit(eta)
        w_x = x[active] * p_x * (1 - p_x)
        w_y = y[active] * p_y * (1 - p_y)
        rest_x = x_event[active] - x[active] * p_x
        gradient = np.empty((active.size, size))
        gradient[:, 0] = rest_x.sum(axis=1)
        gradient[:, 1:] = design.sums(rest_x + y_event[active] - y[active] * p_y)
        gradient[is_held[active]] = 0.0
        made = design.information(w_x, w_y, is_held[active])
        information[active] = made
        determined = _smallest_eigenvalue(made) > _SINGULAR
        can_fit[active[~determined]] = False
        active = active[determined]
        gradient = gradient[determined]
        step: FloatArray = np.linalg.solve(made[determined], gradient[..., np.newaxis])[
            ..., 0
        ].astype(np.float64)
        is_last = (gradient * step).sum(axis=1) < _TOLERANCE
        moved = design.predictor(step[:, 1:])
        reach = np.maximum(np.abs(moved), np.abs(moved + step[:, :1])).max(axis=1)
        params[active] += step * np.minimum(1, 4 / np.maximum(reach, 1e-300))[:, None]
        is_settled[active[is_last]] = True
        active = active[~is_last & (np.abs(params[active, 0]) < _LARGEST)]

    is_found = is_settled & can_fit & (np.abs(params[:, 0]) < _LARGEST)
    se = nothing
    if is_found.any():
        inverse = np.linalg.inv(information[is_found])
        se[is_found] = np.sqrt(inverse[:, 0, 0])
    return params[:, 0], se, is_found


@dataclass(frozen=True)
class _Design:
    """Indicators of the constant and of all levels, and of pairs of them.

    Attributes
    ----------
    single
        Shape (patterns, 1 + levels).
    pairs
        Shape (patterns, pairs of columns that occur together), each pair once.
    first, second
        Columns of each pair.
    starts
        First column of each covariate, and the end.
    """

    single: csr_array
    pairs: csr_array
    first: npt.NDArray[np.int64]
    second: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]

    @classmethod
    def of(cls, codes: npt.NDArray[np.int64]) -> _Design:
        """Design of patterns, codes of shape (patterns, covariates)."""
        n_levels = codes.max(axis=0) + 1
        starts = np.concatenate([[0], np.cumsum(n_levels)]).astype(np.int64) + 1
        columns = np.column_stack(
            [np.zeros(len(codes), dtype=np.int64), codes + starts[:-1]]
        )
        n_columns = int(starts[-1])
        left, right = np.triu_indices(columns.shape[1])
        keys = columns[:, left] * n_columns + columns[:, right]
        distinct, place = np.unique(keys, return_inverse=True)
        return cls(
            _indicators(columns, n_columns),
            _indicators(place.reshape(keys.shape), distinct.size),
            distinct // n_columns,
            distinct % n_columns,
            starts,
        )

    @property
    def n_columns(self) -> int:
        """Number of parameters: ratio, constant and all levels."""
        return int(self.starts[-1]) + 1

    def predictor(self, params: FloatArray) -> FloatArray:
        """Sum of the parameters of each pattern, shape (events, patterns)."""
        return np.ascontiguousarray((self.single @ params.T).T)

    def sums(self, values: FloatArray) -> FloatArray:
        """Sums over the patterns of the constant and each level."""
        return np.asarray((self.single.T @ values.T).T)

    def information(
        self, w_x: FloatArray, w_y: FloatArray, is_held: BoolArray
    ) -> FloatArray:
        """Information of all parameters; those that are held have a 1 alone."""
        size = self.n_columns
        made = np.zeros((len(w_x), size, size))
        together = np.asarray((self.pairs.T @ (w_x + w_y).T).T)
        made[:, self.first + 1, self.second + 1] = together
        made[:, self.second + 1, self.first + 1] = together
        made[:, 0, 0] = w_x.sum(axis=1)
        made[:, 0, 1:] = made[:, 1:, 0] = self.sums(w_x)
        made[is_held[:, :, None] | is_held[:, None, :]] = 0.0
        diagonal = np.arange(size)
        made[:, diagonal, diagonal] += is_held
        return made


def _indicators(columns: npt.NDArray[np.int64], n_columns: int) -> csr_array:
    """Rows with a 1 at each of their columns."""
    n_rows, width = columns.shape
    ends = np.arange(0, n_rows * width + 1, width)
    return csr_array(
        (np.ones(columns.size), columns.reshape(-1), ends), shape=(n_rows, n_columns)
    )


def _kept(counts: _Counts, design: _Design) -> tuple[BoolArray, BoolArray]:
    """Patterns that count for each event, and parameters that are held at 0.

    Levels where no report, or every one, has the event leave, as in `adjusted_ror`.
    """
    reports = counts.exposed + counts.others
    cases = counts.exposed_event + counts.others_event
    is_kept = reports > 0
    while True:
        of_level = design.sums(np.where(is_kept, reports, 0.0))
        with_event = design.sums(np.where(is_kept, cases, 0.0))
        is_certain = (with_event == 0) | (with_event == of_level)
        is_certain[:, 0] = False
        leaves = is_kept & (design.predictor(is_certain.astype(np.float64)) > 0)
        if not leaves.any():
            break
        is_kept &= ~leaves
    is_held = np.zeros((len(reports), design.n_columns), dtype=np.bool_)
    is_held[:, 1:] = is_certain
    rows = np.arange(len(reports))
    for start, end in zip(design.starts[:-1], design.starts[1:], strict=True):
        is_held[rows, 1 + start + of_level[:, start:end].argmax(axis=1)] = True
    return is_kept, is_held


def _smallest_eigenvalue(information: FloatArray) -> FloatArray:
    """Of each matrix scaled to a diagonal of 1; 0 where it has an empty row."""
    diagonal = np.sqrt(np.diagonal(information, axis1=1, axis2=2))
    is_whole = (diagonal > 0).all(axis=1)
    scale = np.where(diagonal > 0, diagonal, 1.0)
    scaled = information / scale[:, :, None] / scale[:, None, :]
    smallest = np.linalg.eigvalsh(scaled)[:, 0]
    return np.where(is_whole, smallest, 0.0)
