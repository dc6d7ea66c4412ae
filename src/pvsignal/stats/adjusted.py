"""Reporting odds ratio adjusted for covariates by logistic regression.

Reports enter as grouped counts: one row per pattern of covariates and exposure, with
the reports it holds and those with the event. A few thousand rows stand for millions of
reports, and the likelihood is the same.

Covariates are categories, each level with a coefficient of its own, without
interactions. A missing value is a level like others: a report without age or sex is
never left out.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq, linprog
from scipy.special import expit

from pvsignal.stats.cells import FloatArray
from pvsignal.stats.twobytwo import TAIL_95, Z_95

# Covariates of the main model, and of the one that leaves the reporter out: who
# reports may itself depend on the drug, as with patient-support programmes.
COVARIATES = ("age_band", "sex", "region", "reporter", "year")
COVARIATES_WITHOUT_REPORTER = ("age_band", "sex", "region", "year")

# Level that missing values of a covariate form.
MISSING = "(missing)"

# Fall of the log-likelihood from its value at infinity to the finite limit. Where the
# table is the most extreme one its conditional likelihood is its probability, 1 at
# infinity and 0.025 at the exact limit.
_FALL = -math.log(TAIL_95)

# Log odds ratio that stands for infinity: of a million exposed reports 1e-5 of one.
_INFINITE = 25.0

# Gain of log-likelihood that the last step promised, twice: a coefficient is then
# within a millionth of its standard error before that step, and nearer after it.
_TOLERANCE = 1e-12
_STEPS = 100

# Below this an entry of a null space is rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class AdjustedRor:
    """Adjusted reporting odds ratio with 95 % limits.

    Attributes
    ----------
    point, low, high
        Natural scale. NaN where the data do not determine the ratio.
    is_converged
        The likelihood has a maximum and was found; true for a ratio of zero or
        infinity too, where it is reached in the limit.
    is_separated
        The ratio is zero or infinite, and the limits are profile likelihood limits: one
        of them is 0 or infinite, the other finite.
    n_patterns
        Rows of the model: patterns of covariates and exposure with reports.
    n_reports
        Reports in the model.
    n_dropped
        Reports at levels of a covariate where none, or every one, has the event. Their
        coefficient is infinite, they are fitted without error whatever the ratio, and
        the estimate is the same without them.
    dropped
        Those levels, as (covariate, level), in the order in which they were found.
    """

    point: float
    low: float
    high: float
    is_converged: bool
    is_separated: bool
    n_patterns: int
    n_reports: int
    n_dropped: int
    dropped: tuple[tuple[str, str], ...]


def adjusted_ror(
    counts: pd.DataFrame, *, covariates: Sequence[str] = COVARIATES
) -> AdjustedRor:
    """Reporting odds ratio of the exposed, adjusted for covariates.

    Logistic regression of grouped data,

    ``logit P(event) = constant + ln(ROR) is_exposed + sum of one level per covariate``,

    by maximum likelihood. Limits are ``ROR exp(-+ z s)`` with s from the inverse of the
    information. Without covariates this is the crude ROR and its interval.

    Where the exposed have the event never or always, at covariates where the others do
    not, the data are separated [2]_: the maximum lies at a ratio of zero or infinity,
    and software that stops on the way there prints a large number with a huge standard
    error. It is found by linear programming over the patterns [3]_, before anything is
    fitted. The point is then 0 or infinite, and the finite limit the ratio at which
    the profile likelihood is 0.025 of that at the point. The conditional likelihood of
    such data is their probability given the margins, so the exact limits of `ror` and
    `mantel_haenszel_ror` have the same definition; the profile comes near them.

    Where exposed and others share no pattern of covariates that could tell them apart
    (a drug that alone has all reports of its year, and no other), or nobody has the
    event, the ratio is not determined: NaN, `is_converged` false.

    Parameters
    ----------
    counts
        Grouped counts with the columns ``is_exposed`` (bool), ``n`` (reports),
        ``n_event`` (of them with the event), and the covariates. Patterns may occur
        more than once and are added up, so counts by more covariates than asked for
        serve as well. Missing values of covariates form the level ``(missing)``.
    covariates
        Columns to adjust for.

    Raises
    ------
    ValueError
        If a column is missing, a count is negative or missing, or an event count
        exceeds its reports.

    Examples
    --------
    Age alone makes the crude odds ratio of 7.5:

    >>> counts = pd.DataFrame(
    ...     {
    ...         "age_band": ["65+", "65+", "18-64", "18-64"],
    ...         "is_exposed": [True, False, True, False],
    ...         "n_event": [90, 10, 1, 90],
    ...         "n": [180, 20, 10, 900],
    ...     }
    ... )
    >>> crude, made = (adjusted_ror(counts, covariates=c) for c in ([], ["age_band"]))
    >>> round(crude.point, 2), round(made.point, 2)
    (7.54, 1.0)
    >>> round(made.low, 2), round(made.high, 2), made.n_patterns, made.n_reports
    (0.43, 2.33, 4, 1110)

    References
    ----------
    .. [1] van Puijenbroek, Diemont, van Grootheest. Application of quantitative signal
       detection in the Dutch spontaneous reporting system for adverse drug reactions.
       Drug Saf 2003;26:293-301.
    .. [2] Albert, Anderson. On the existence of maximum likelihood estimates in
       logistic regression models. Biometrika 1984;71:1-10.
    .. [3] Konis. Linear programming algorithms for detecting separated data in binary
       logistic regression models. DPhil thesis, Oxford 2007.
    """
    patterns = _patterns(counts, covariates)
    n_all = int(patterns["n"].sum())
    patterns, dropped = _without_certain_levels(patterns, covariates)
    n_reports = int(patterns["n"].sum())
    design = _design(patterns, covariates)
    n = patterns["n"].to_numpy(np.float64)
    n_event = patterns["n_event"].to_numpy(np.float64)

    def result(
        point: float, low: float, high: float, *, separated: bool = False
    ) -> AdjustedRor:
        return AdjustedRor(
            point=point,
            low=low,
            high=high,
            is_converged=not np.isnan(point),
            is_separated=separated,
            n_patterns=len(patterns),
            n_reports=n_reports,
            n_dropped=n_all - n_reports,
            dropped=dropped,
        )

    undetermined = result(np.nan, np.nan, np.nan)
    if not 0 < n_event.sum() < n.sum():
        return undetermined
    up, down = (_is_separating(design, n_event, n, sign) for sign in (1.0, -1.0))
    if up and down:
        return undetermined
    if up:
        return result(
            np.inf, _profile_limit(design, n_event, n, -1.0), np.inf, separated=True
        )
    if down:
        return result(0.0, 0.0, _profile_limit(design, n_event, n, 1.0), separated=True)

    fit = _fit(design, n_event, n)
    if not fit.converged:
        return undetermined
    estimate, width = float(fit.params[0]), Z_95 * float(fit.bse[0])
    return result(
        float(np.exp(estimate)),
        float(np.exp(estimate - width)),
        float(np.exp(estimate + width)),
    )


def reports_of_sex(counts: pd.DataFrame, sex: str) -> pd.DataFrame:
    """Grouped counts of one sex, for an event that the other cannot have.

    Exposed and others, with and without the event, are restricted alike. Reports of
    unknown sex are left out: this is the main analysis. The rows keep their columns, so
    `adjusted_ror` takes the result; its covariate ``sex`` then has one level.

    Parameters
    ----------
    counts
        Grouped counts with a column ``sex``.
    sex
        ``F`` or ``M``, as FAERS writes it.

    Raises
    ------
    ValueError
        If the sex is neither.

    Examples
    --------
    >>> counts = pd.DataFrame({"sex": ["F", "M", "UNK", None], "n": [9, 8, 7, 6]})
    >>> reports_of_sex(counts, "F")["n"].tolist()
    [9]
    """
    _require_sex(sex)
    return counts[counts["sex"].eq(sex).fillna(False).astype(bool)]


def reports_of_sex_or_unknown(counts: pd.DataFrame, sex: str) -> pd.DataFrame:
    """Grouped counts of one sex and of unknown sex; the sensitivity analysis.

    Unknown is every value but ``F`` and ``M``: missing, ``UNK``, ``NS`` and others. Of
    an event that one sex cannot have, reports of unknown sex are mostly of the other
    one where it is a report without the event; the comparison shows what that changes.

    Parameters
    ----------
    counts, sex
        As for `reports_of_sex`.

    Raises
    ------
    ValueError
        If the sex is neither ``F`` nor ``M``.

    Examples
    --------
    >>> counts = pd.DataFrame({"sex": ["F", "M", "UNK", None], "n": [9, 8, 7, 6]})
    >>> reports_of_sex_or_unknown(counts, "F")["n"].tolist()
    [9, 7, 6]
    """
    _require_sex(sex)
    other = {"F": "M", "M": "F"}[sex]
    return counts[~counts["sex"].eq(other).fillna(False).astype(bool)]


def _require_sex(sex: str) -> None:
    if sex not in ("F", "M"):
        raise ValueError(f"the sex is {sex!r}; pass F or M")


def _patterns(counts: pd.DataFrame, covariates: Sequence[str]) -> pd.DataFrame:
    """One row per pattern that holds reports; covariates are text without gaps."""
    needed = [*covariates, "is_exposed", "n_event", "n"]
    absent = [name for name in needed if name not in counts]
    if absent:
        raise ValueError(f"grouped counts lack the columns {', '.join(absent)}")
    made = counts[needed].copy()
    if made[["is_exposed", "n_event", "n"]].isna().to_numpy().any():
        raise ValueError("is_exposed, n_event and n are needed in every row")
    if ((made["n_event"] < 0) | (made["n_event"] > made["n"])).any():
        raise ValueError("n_event lies outside of 0 to n in some row")
    made["is_exposed"] = made["is_exposed"].astype(bool)
    for name in covariates:
        values = made[name].astype(object)
        made[name] = values.where(values.notna(), MISSING).astype(str)
    made = made.groupby([*covariates, "is_exposed"], as_index=False, sort=True).sum()
    return made[made["n"] > 0].reset_index(drop=True)


def _without_certain_levels(
    patterns: pd.DataFrame, covariates: Sequence[str]
) -> tuple[pd.DataFrame, tuple[tuple[str, str], ...]]:
    """Patterns without the levels where no report, or every one, has the event."""
    dropped: list[tuple[str, str]] = []
    found = True
    while found:  # without them another level may have become certain
        found = False
        for name in covariates:
            levels = patterns.groupby(name)[["n_event", "n"]].sum()
            certain = levels["n_event"].isin([0]) | levels["n_event"].eq(levels["n"])
            names = levels.index[certain]
            if len(names):
                found = True
                dropped += [(name, str(level)) for level in names]
                patterns = patterns[~patterns[name].isin(names)]
    return patterns.reset_index(drop=True), tuple(dropped)


def _design(patterns: pd.DataFrame, covariates: Sequence[str]) -> FloatArray:
    """Exposure, constant, and each level of a covariate but its most frequent one."""
    columns = [patterns["is_exposed"].to_numpy(np.float64), np.ones(len(patterns))]
    for name in covariates:
        sizes = patterns.groupby(name)["n"].sum().sort_values(ascending=False)
        values = patterns[name].to_numpy()
        columns += [(values == level).astype(np.float64) for level in sizes.index[1:]]
    return np.column_stack(columns)


def _is_separating(
    design: FloatArray, n_event: FloatArray, n: FloatArray, sign: float
) -> bool:
    """Whether the likelihood never falls on some way to an infinite coefficient.

    On it the linear predictor may not fall at patterns with the event, nor rise at
    patterns with a report without it, and so stays at patterns that have both. The
    exposure is the first column, and `sign` the direction of its coefficient.
    """
    has_event, has_other = n_event > 0, n_event < n
    both = design[has_event & has_other]
    values, vectors = np.linalg.eigh(both.T @ both)
    free = vectors[:, values <= _ROUNDING * max(1.0, values[-1])]
    if not free.size or np.abs(free[0]).max() < _ROUNDING:
        return False
    one_sided = np.vstack(
        [-design[has_event & ~has_other], design[has_other & ~has_event]]
    )
    rises = one_sided @ free
    rises[np.abs(rises) < _ROUNDING] = 0.0
    found = linprog(
        np.zeros(free.shape[1]),
        A_ub=rises,
        b_ub=np.zeros(len(rises)),
        A_eq=free[:1],
        b_eq=[sign],
        bounds=(None, None),
        method="highs",
    )
    return bool(found.status == 0)


def _fit(design: FloatArray, n_event: FloatArray, n: FloatArray) -> Any:
    """Maximum likelihood fit; statsmodels' result.

    It starts at the maximum. From its own start it may run away where another
    covariate has an infinite coefficient, and its standard errors are those of the step
    before the last.
    """
    # Its import takes half a second, which every command would wait for.
    import statsmodels.api as sm

    start, _ = _maximise(
        design, n_event, n, np.zeros(n.size), np.zeros(design.shape[1])
    )
    # A deviance is a sum over all reports, and rounded as such.
    rounding = 1e-8 + 1e-12 * float(n.sum())
    with warnings.catch_warnings():
        # Patterns of other covariates that are fitted without error do no harm.
        warnings.simplefilter("ignore")
        return sm.GLM(
            np.column_stack([n_event, n - n_event]),
            design,
            family=sm.families.Binomial(),
        ).fit(start_params=start, maxiter=_STEPS, tol=rounding)


def _profile_limit(
    design: FloatArray, n_event: FloatArray, n: FloatArray, sign: float
) -> float:
    """Ratio at which the profile likelihood has fallen, from the maximum at infinity.

    `sign` is the direction from the maximum to the limit: -1 from an infinite ratio
    down, 1 from zero up.
    """
    exposed, rest = design[:, 0], design[:, 1:]
    params, largest = _maximise(
        rest, n_event, n, -sign * _INFINITE * exposed, np.zeros(rest.shape[1])
    )

    def excess(log_ratio: float) -> float:
        nonlocal params
        params, value = _maximise(rest, n_event, n, log_ratio * exposed, params)
        return largest - value - _FALL

    near, far = -sign * _INFINITE, 0.0
    while excess(far) < 0:
        near, far = far, far + 3 * sign
        if abs(far) > _INFINITE:
            return math.inf if sign > 0 else 0.0
    return math.exp(brentq(excess, near, far, xtol=1e-8))


def _maximise(
    design: FloatArray,
    n_event: FloatArray,
    n: FloatArray,
    offset: FloatArray,
    start: FloatArray,
) -> tuple[FloatArray, float]:
    """Coefficients and value of the largest log-likelihood, with a fixed offset.

    Newton's steps, cut so that no linear predictor moves by more than 4 and the
    likelihood never falls: far from the maximum, where fits of separated data start,
    whole steps run away.
    """

    def value_at(params: FloatArray) -> float:
        eta = offset + design @ params
        return float((n_event * eta - n * np.logaddexp(0.0, eta)).sum())

    params, value = start, value_at(start)
    for _ in range(_STEPS):
        p = expit(offset + design @ params)
        information = (design.T * (n * p * (1 - p))) @ design
        gradient = design.T @ (n_event - n * p)
        step = np.linalg.lstsq(information, gradient, rcond=1e-13)[0]
        is_last = gradient @ step < _TOLERANCE
        step = step * min(1.0, 4.0 / max(1e-300, float(np.abs(design @ step).max())))
        reached = value_at(params + step)
        while not is_last and reached < value and np.abs(step).max() > 1e-12:
            step = step / 2
            reached = value_at(params + step)
        params, value = params + step, reached
        if is_last:
            break
    return params, value
