"""The information component and the statistics that bear its name.

All are logarithms to base 2 of a reporting ratio. Three different ones are in use under
"IC" and "IC025", and a pair can flag by one and not by another: for (3, 0, 1, 100000)
the lower limit is 0.76 by the shrunk ratio and -0.36 by the normal approximation of
1998. So only the first, the current one of the Uppsala Monitoring Centre, has fields
``ic025`` and ``ic975`` here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from pvsignal.stats.cells import FloatArray, as_cells
from pvsignal.stats.twobytwo import TAIL_95, Z_95

# The shrinkage of UMC: half a report, observed and expected.
SHRINKAGE = 0.5

_LN_2 = float(np.log(2))

# Elements drawn at once.
_DRAWN = 2_000_000


@dataclass(frozen=True)
class InformationComponent:
    """Shrunk observed-to-expected ratio with 95 % credible limits, log2 scale.

    Attributes
    ----------
    ic, ic025, ic975
        Estimate and limits; NaN where the expected count is.
    """

    ic: FloatArray
    ic025: FloatArray
    ic975: FloatArray


@dataclass(frozen=True)
class IcApproximation:
    """Closed approximation of the limits of the information component, log2 scale.

    Attributes
    ----------
    low, high
        About the 2.5 and 97.5 % limits; NaN where ``a = 0``.
    """

    low: FloatArray
    high: FloatArray


@dataclass(frozen=True)
class BcpnnNormal:
    """Information component of 1998 with normal 95 % limits, log2 scale.

    Attributes
    ----------
    mean, sd
        Posterior expectation and standard deviation.
    low, high
        ``mean -+ z sd``; not the ``ic025`` and ``ic975`` of `InformationComponent`.
    """

    mean: FloatArray
    sd: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True)
class BcpnnDirichlet:
    """Information component of 2006 with simulated 95 % limits, log2 scale.

    Attributes
    ----------
    point
        Value at the expected proportions of the posterior, see `bcpnn_dirichlet`.
    low, high
        Quantiles of the draws; not the ``ic025`` and ``ic975`` of
        `InformationComponent`.
    """

    point: FloatArray
    low: FloatArray
    high: FloatArray


def information_component(
    a: npt.ArrayLike, expected: npt.ArrayLike
) -> InformationComponent:
    r"""Shrunk observed-to-expected ratio with exact credible limits, log2 scale.

    .. math::

        IC = \log_2 \frac{a + 1/2}{E + 1/2}, \qquad
        IC_{p} = \log_2 \frac{\gamma_p(a + 1/2)}{E + 1/2}

    where :math:`\gamma_p(s)` is the p quantile of the gamma distribution with shape s
    and rate 1, at p = 0.025 and 0.975. The point is the logarithm of the posterior
    mean, neither mean nor median of the IC.

    ``a = 0`` gives a negative IC and limits like any count; with ``E = 0`` as well IC
    is 0. IC025 cannot be above 0 with ``a <= 2``; with ``a = 3`` it is where E is below
    0.345, and then never above 0.757.

    Parameters
    ----------
    a
        Reports with drug and event; any shape.
    expected
        Expected count; crude, or summed over strata. NaN gives NaN.

    Examples
    --------
    Norén 2006 has 25 reports where 0.171 are expected:

    >>> result = information_component(25, 1126 * 87 / 572_573)
    >>> result.ic.round(4), result.ic025.round(3), result.ic975.round(3)
    (array([5.2478]), array([4.627]), array([5.758]))

    References
    ----------
    Norén, Hopstadius, Bate. Shrinkage observed-to-expected ratios for robust and
    transparent large-scale pattern discovery. Stat Methods Med Res 2013;22:57-69.
    doi:10.1177/0962280211403604
    """
    counts, mean = np.broadcast_arrays(
        np.atleast_1d(np.asarray(a, dtype=np.float64)),
        np.asarray(expected, dtype=np.float64),
    )
    # Millions of pairs share some thousand counts, and a quantile is dear.
    distinct = np.unique(counts)
    where = np.searchsorted(distinct, counts)
    shape = distinct + SHRINKAGE
    log_rate = np.log2(mean + SHRINKAGE)

    def limit(p: float) -> FloatArray:
        return np.log2(special.gammaincinv(shape, p))[where] - log_rate

    return InformationComponent(
        np.log2(shape)[where] - log_rate, limit(TAIL_95), limit(1 - TAIL_95)
    )


def ic_approximation(a: npt.ArrayLike, expected: npt.ArrayLike) -> IcApproximation:
    """Closed approximation of the limits of the information component, log2 scale.

    ``IC - 3.3 (a + 1/2)^(-1/2) - 2 (a + 1/2)^(-3/2)`` and
    ``IC + 2.4 (a + 1/2)^(-1/2) - 0.5 (a + 1/2)^(-3/2)``. For comparison with programs
    that print them; `information_component` is exact and as fast. NaN where
    ``a = 0``, for which they are not meant: off by several units there.

    Examples
    --------
    >>> result = ic_approximation(25, 1126 * 87 / 572_573)
    >>> result.low.round(3), result.high.round(3)
    (array([4.579]), array([5.719]))

    References
    ----------
    Norén, Hopstadius, Bate. Stat Methods Med Res 2013;22:57-69.
    doi:10.1177/0962280211403604
    """
    shape = np.atleast_1d(np.asarray(a, dtype=np.float64)) + SHRINKAGE
    rate = np.asarray(expected, dtype=np.float64) + SHRINKAGE
    ic = np.where(shape > SHRINKAGE, np.log2(shape / rate), np.nan)
    return IcApproximation(
        ic - 3.3 * shape**-0.5 - 2.0 * shape**-1.5,
        ic + 2.4 * shape**-0.5 - 0.5 * shape**-1.5,
    )


def bcpnn_normal(
    a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike, d: npt.ArrayLike
) -> BcpnnNormal:
    r"""Information component of 1998 by its exact moments and normal limits, log2.

    With :math:`p_1 = 1 + n_{drug}`, :math:`p_2 = 1 + N - n_{drug}`,
    :math:`q_1 = 1 + n_{event}`, :math:`q_2 = 1 + N - n_{event}`, :math:`r_1 = 1 + a`
    and :math:`r_2 = N - a - 1 + (2 + N)^2 / (q_1 p_1)`:

    .. math::

        E[IC] &= \{\psi(r_1) - \psi(r_1 + r_2) - \psi(p_1) + \psi(p_1 + p_2)
                 - \psi(q_1) + \psi(q_1 + q_2)\} / \ln 2 \\
        V[IC] &= \{\psi'(r_1) - \psi'(r_1 + r_2) + \psi'(p_1) - \psi'(p_1 + p_2)
                 + \psi'(q_1) - \psi'(q_1 + q_2)\} / \ln^2 2

    The prior pulls the mean towards 0 more than the half report of 2013 does. Defined
    for every table, zero margins included.

    Examples
    --------
    The cells of Norén 2006, on the older scale:

    >>> result = bcpnn_normal(25, 1101, 62, 571_385)
    >>> result.mean.round(3), result.low.round(3), result.high.round(3)
    (array([4.451]), array([3.809]), array([5.093]))

    References
    ----------
    Bate et al. A Bayesian neural network method for adverse drug reaction signal
    generation. Eur J Clin Pharmacol 1998;54:315-321.

    Gould. Practical pharmacovigilance analysis strategies. Pharmacoepidemiol Drug Saf
    2003;12:559-574. doi:10.1002/pds.771
    """
    a, b, c, d = as_cells(a, b, c, d)
    n = a + b + c + d
    p1, q1, r1 = 1 + a + b, 1 + a + c, 1 + a
    p, q = n + 2, n + 2
    # (2 + N)^2 overflows 32-bit counts, and r1 + r2 need not go through r2.
    r = n + (n + 2) / p1 * ((n + 2) / q1)
    psi = special.digamma
    mean = psi(r1) - psi(r) - (psi(p1) - psi(p)) - (psi(q1) - psi(q))
    variance = sum(
        special.polygamma(1, part) - special.polygamma(1, whole)
        for part, whole in ((r1, r), (p1, p), (q1, q))
    )
    mean = mean / _LN_2
    sd = np.sqrt(variance) / _LN_2
    return BcpnnNormal(mean, sd, mean - Z_95 * sd, mean + Z_95 * sd)


def bcpnn_dirichlet(
    a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike, d: npt.ArrayLike
) -> FloatArray:
    r"""Information component of 2006 at the posterior proportions, log2 scale.

    .. math::

        IC = \log_2 \frac{\gamma_{11} \gamma_{..}}
                         {(\gamma_{11} + \gamma_{10})(\gamma_{11} + \gamma_{01})},
        \qquad \gamma_{ij} = \alpha_{ij} + n_{ij}

    with :math:`\alpha_{ij} = q_{i.} q_{.j} \alpha_{..}`,
    :math:`q_{1.} = (n_{drug} + 1/2) / (N + 1)`,
    :math:`q_{.1} = (n_{event} + 1/2) / (N + 1)` and
    :math:`\alpha_{..} = 1 / (2 q_{1.} q_{.1})`, so that :math:`\alpha_{11} = 1/2`. It
    is close to the IC of 2013 where the margins are large. Defined for every table.

    Examples
    --------
    >>> bcpnn_dirichlet(25, 1101, 62, 571_385).round(4)
    array([5.2478])

    References
    ----------
    Norén, Bate, Orre, Edwards. Extending the methods used to screen the WHO drug
    safety database towards analysis of complex associations and improved accuracy for
    rare events. Stat Med 2006;25:3740-3757. doi:10.1002/sim.2473
    """
    g11, g10, g01, g00 = _posterior(*as_cells(a, b, c, d))
    total = g11 + g10 + g01 + g00
    return np.log2(g11 / (g11 + g10) * (total / (g11 + g01)))


def bcpnn_dirichlet_interval(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    c: npt.ArrayLike,
    d: npt.ArrayLike,
    *,
    rng: np.random.Generator,
    n_draws: int = 10_000,
) -> BcpnnDirichlet:
    """Information component of 2006 with limits from draws of its posterior, log2.

    The proportions of the four cells are drawn from the Dirichlet distribution of
    `bcpnn_dirichlet`; the limits are the 2.5 and 97.5 % quantiles of the IC of the
    draws. With 10,000 draws a limit is good to about 0.03 of the interval's width.

    Parameters
    ----------
    a, b, c, d
        Cells; broadcast.
    rng
        Source of the draws; the same state gives the same limits.
    n_draws
        Draws per table.

    Examples
    --------
    [1]_ prints 5.2478 (4.649 to 5.731) for these cells:

    >>> rng = np.random.default_rng(2006)
    >>> result = bcpnn_dirichlet_interval(25, 1101, 62, 571_385, rng=rng)
    >>> result.low.round(1), result.high.round(1)
    (array([4.6]), array([5.7]))

    References
    ----------
    .. [1] Norén, Bate, Orre, Edwards. Stat Med 2006;25:3740-3757.
       doi:10.1002/sim.2473
    """
    cells = as_cells(a, b, c, d)
    posterior = np.stack([cell.ravel() for cell in _posterior(*cells)])
    limits = np.empty((2, posterior.shape[1]))
    rows = max(1, _DRAWN // (4 * n_draws))
    for start in range(0, posterior.shape[1], rows):
        part = slice(start, start + rows)
        shapes = posterior[:, part, np.newaxis]
        g11, g10, g01, g00 = rng.standard_gamma(
            shapes, size=(*shapes.shape[:2], n_draws)
        )
        # With a shape of 1/2 a draw is above 1e-308 but for one in 1e154.
        ic = np.log2(g11 / (g11 + g10) * ((g11 + g10 + g01 + g00) / (g11 + g01)))
        limits[:, part] = np.quantile(ic, [TAIL_95, 1 - TAIL_95], axis=1)
    shape = cells[0].shape
    return BcpnnDirichlet(
        bcpnn_dirichlet(*cells), limits[0].reshape(shape), limits[1].reshape(shape)
    )


def _posterior(
    a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Parameters of the Dirichlet posterior of the four cells."""
    n = a + b + c + d
    drug = (a + b + 0.5) / (n + 1)
    event = (a + c + 0.5) / (n + 1)
    # Each alpha over alpha_11 = 1/2, from the odds of the margins.
    not_drug = (c + d + 0.5) / (n + 1) / drug
    not_event = (b + d + 0.5) / (n + 1) / event
    return (
        a + 0.5,
        b + 0.5 * not_event,
        c + 0.5 * not_drug,
        d + 0.5 * not_drug * not_event,
    )
