"""Empirical null: what pairs without an effect show, and p-values held against it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import ndtr

from pvsignal.stats.twobytwo import Z_95

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]

# Negative controls below which a spread is not estimated.
MIN_CONTROLS = 5


@dataclass(frozen=True)
class EmpiricalNull:
    """Distribution of the log ratio of negative controls, beyond its sampling error.

    Attributes
    ----------
    mean, spread
        Mean and standard deviation, natural logarithm; 0 and 0 where controls show
        nothing but chance, NaN where fewer than 5 controls have an estimate.
    n
        Controls used.
    n_left_out
        Controls without a finite log ratio or a standard error above 0.
    share_flagged
        Share of the controls used whose lower 95 % limit is above 1.
    share_flagged_calibrated
        The same once the mean is taken off and the spread added to the error. The
        controls are those that the null is fitted to, so it errs towards 2.5 %.
    """

    mean: float
    spread: float
    n: int
    n_left_out: int
    share_flagged: float
    share_flagged_calibrated: float


@dataclass(frozen=True)
class PValues:
    """Raw p-values beside those held against the empirical null.

    Attributes
    ----------
    raw_two_sided, raw_one_sided
        Normal test that the log ratio is 0; one-sided: that it is not above 0.
    two_sided, one_sided
        The same against the empirical null; NaN where it has none.
    """

    raw_two_sided: FloatArray
    raw_one_sided: FloatArray
    two_sided: FloatArray
    one_sided: FloatArray


def empirical_null(log_ratio: npt.ArrayLike, se: npt.ArrayLike) -> EmpiricalNull:
    r"""Mean and spread of the log ratio of negative controls, by maximum likelihood.

    .. math:: \ln \widehat{RR}_i \sim N(\mu, \sigma^2 + \tau_i^2),

    :math:`\tau_i` the standard error of control i. For a given :math:`\sigma` the best
    :math:`\mu` is the mean weighted by :math:`1 / (\sigma^2 + \tau_i^2)`, so the
    likelihood is searched along :math:`\sigma \ge 0` alone, on a grid first, as it may
    have more than one peak.

    Parameters
    ----------
    log_ratio
        Natural logarithm of the ratio of each negative control, one dimension.
    se
        Its standard error, same scale. A control with a zero cell has no finite log
        ratio: it is left out and counted. Leaving out controls that expect few reports
        beforehand (E >= 1) keeps this from favouring high ratios.

    Returns
    -------
    EmpiricalNull
        NaN in place of estimates where fewer than 5 controls are used.

    Notes
    -----
    Calibrated p-values take mean and spread for known. With ten controls some 10 % of
    further controls have p < 0.05 by simulation, with thirty 6 %, with a hundred 5 %.

    References
    ----------
    Schuemie, Ryan, DuMouchel, Suchard, Madigan. Interpreting observational studies:
    why empirical calibration is needed to correct p-values. Stat Med 2014;33:209-218.
    doi:10.1002/sim.5925

    Examples
    --------
    Six controls with ratios about 1.5, more apart than their errors allow:

    >>> ratios = np.log([0.8, 1.1, 1.4, 1.6, 2.1, 2.9])
    >>> null = empirical_null(ratios, [0.2, 0.1, 0.2, 0.15, 0.1, 0.3])
    >>> round(null.mean, 3), round(null.spread, 3), null.n
    (0.39, 0.335, 6)
    >>> round(null.share_flagged, 3), null.share_flagged_calibrated
    (0.5, 0.0)
    """
    x, tau = (
        np.atleast_1d(np.asarray(values, dtype=np.float64))
        for values in (log_ratio, se)
    )
    if x.shape != tau.shape or x.ndim != 1:
        raise ValueError("log ratios and standard errors differ in length")
    used = _usable(x, tau)
    n_left_out = int((~used).sum())
    x, tau = x[used], tau[used]
    if x.size < MIN_CONTROLS:
        nan = float("nan")
        return EmpiricalNull(nan, nan, int(x.size), n_left_out, nan, nan)

    def mean_at(spread: float) -> float:
        return float(np.average(x, weights=1 / (spread**2 + tau**2)))

    def loss(spread: float) -> float:
        variance = spread**2 + tau**2
        return float((np.log(variance) + (x - mean_at(spread)) ** 2 / variance).sum())

    # The spread cannot exceed the range of the ratios.
    grid = np.linspace(0.0, float(np.ptp(x)), 201)
    best = int(np.argmin([loss(spread) for spread in grid]))
    spread = float(grid[best])
    low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, 200)])
    if high > low:
        refined = minimize_scalar(
            loss, bounds=(low, high), method="bounded", options={"xatol": 1e-10}
        )
        # At the edge 0 the search only comes near it.
        if refined.fun < loss(spread):
            spread = float(refined.x)
    mean = mean_at(spread)
    return EmpiricalNull(
        mean=mean,
        spread=spread,
        n=int(x.size),
        n_left_out=n_left_out,
        share_flagged=float((x > Z_95 * tau).mean()),
        share_flagged_calibrated=float(
            (x - mean > Z_95 * np.hypot(tau, spread)).mean()
        ),
    )


def calibrated_p(
    log_ratio: npt.ArrayLike, se: npt.ArrayLike, null: EmpiricalNull
) -> PValues:
    r"""P-values of log ratios, raw and against an empirical null.

    With :math:`z = (\ln \widehat{RR} - \mu) / \sqrt{\sigma^2 + \tau^2}`, one-sided
    :math:`1 - \Phi(z)` and two-sided :math:`2 \Phi(-|z|)`; raw with
    :math:`\mu = \sigma = 0`.

    Parameters
    ----------
    log_ratio, se
        Natural logarithm of the ratios and standard errors; arrays that broadcast. NaN
        where the log ratio is not finite or the error not above 0.
    null
        Of negative controls of the same comparator and the same ratio.

    References
    ----------
    Schuemie et al. 2014; doi:10.1002/sim.5925

    Examples
    --------
    A ratio of 2 among controls that lie about 1.5 themselves:

    >>> null = EmpiricalNull(0.4, 0.3, 40, 0, 0.5, 0.0)
    >>> p = calibrated_p(np.log([2.0]), [0.2], null)
    >>> p.raw_two_sided.round(4), p.two_sided.round(2)
    (array([0.0005]), array([0.42]))
    """
    x, tau = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(v, dtype=np.float64)) for v in (log_ratio, se))
    )
    usable = _usable(x, tau)
    x, tau = np.where(usable, x, np.nan), np.where(usable, tau, np.nan)
    raw = x / tau
    calibrated = (x - null.mean) / np.hypot(tau, null.spread)
    return PValues(
        raw_two_sided=2 * ndtr(-np.abs(raw)),
        raw_one_sided=ndtr(-raw),
        two_sided=2 * ndtr(-np.abs(calibrated)),
        one_sided=ndtr(-calibrated),
    )


def _usable(log_ratio: FloatArray, se: FloatArray) -> BoolArray:
    """True where the log ratio is finite and its error finite and above 0."""
    usable: BoolArray = np.isfinite(log_ratio) & np.isfinite(se) & (se > 0)
    return usable
