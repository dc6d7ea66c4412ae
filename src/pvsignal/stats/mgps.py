"""Empirical Bayes geometric mean (EBGM) of the multi-item gamma Poisson shrinker.

A pair of drug and event has the count ``n`` of reports and the expected count ``E``.
Given the reporting ratio ``lambda`` of the pair, ``n`` is Poisson with mean
``lambda E``; over all pairs, ``lambda`` has a mixture of two gamma distributions,

    p Gamma(alpha1, rate beta1) + (1 - p) Gamma(alpha2, rate beta2),

so that ``n`` is a mixture of negative binomials [1]_. The natural logarithm of one is

    ln f(n; alpha, beta, E) = ln Gamma(alpha + n) - ln Gamma(alpha) - ln n!
                              + alpha ln[beta / (beta + E)] + n ln[E / (beta + E)].

`fit_mgps` finds the five numbers from all pairs of a table, `MgpsPrior` then scores
pairs. Three likelihoods are in use under the same name, and give different priors:

=====  =================================  ==============================================
name   cells                              likelihood of one cell
=====  =================================  ==============================================
``A``  reported pairs, ``n >= 1``         ``p f1(n) / [1 - f1(0)]``
                                          ``+ (1 - p) f2(n) / [1 - f2(0)]``
``B``  reported pairs, ``n >= 1``         ``[p f1(n) + (1 - p) f2(n)]``
                                          ``/ [1 - p f1(0) - (1 - p) f2(0)]``
``C``  all pairs, also those with n = 0   ``p f1(n) + (1 - p) f2(n)``
=====  =================================  ==============================================

``B``, the default, is the distribution of ``n`` given ``n >= 1`` under the model above.
``C`` is the model itself and needs the zeros, see `zero_cells`. ``A`` is the form
printed in [2]_ and used by openEBGM: its ``p`` is the share of component 1 *after*
truncation, while the score takes it as the share before; it is there to compare with
such programs. Natural logarithms throughout.

References
----------
.. [1] DuMouchel. Bayesian data mining in large frequency tables, with an application to
   the FDA spontaneous reporting system. Am Stat 1999;53:177-190, section 2.
.. [2] DuMouchel, Pregibon. Empirical Bayes screening for multi-item associations. KDD
   2001:67-76.
.. [3] Canida, Ihrie. openEBGM: an R implementation of the gamma-Poisson shrinker data
   mining model. R Journal 2017;9:499-519.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from pvsignal.stats.gamma_mixture import Components, Posterior, quantiles
from pvsignal.stats.gamma_poisson import (
    AGREE,
    SQUASHED_ROWS,
    FloatArray,
    IntArray,
    Likelihood,
    Objective,
    Table,
    Theta,
    candidates,
    distinct,
    each_part,
    from_free,
    gain_left,
    log_rising,
    refine,
    search,
    to_free,
)

# Where the search begins: (alpha1, beta1, alpha2, beta2, p). First that of DuMouchel
# 1999; then priors in which the high ratios are few or many, alike or scattered; in
# which the others lie close to 1, as in tables of few drugs; in which a part of the
# pairs is hardly ever reported. In 132 fits of simulated tables, 25 random starts found
# no better optimum than these.
STARTS: tuple[Theta, ...] = (
    (0.2, 0.1, 2.0, 4.0, 1 / 3),
    (20.0, 2.0, 2.0, 2.0, 0.02),
    (1.0, 0.1, 2.0, 2.0, 0.1),
    (0.5, 0.05, 50.0, 50.0, 0.5),
    (3.0, 0.5, 0.5, 0.5, 0.2),
    (50.0, 10.0, 1.5, 1.5, 0.01),
    (2.0, 1.0, 0.1, 1.0, 0.5),
    (0.1, 0.02, 5.0, 5.0, 0.05),
    (5.0, 0.2, 1.0, 1.0, 0.01),
    (0.2, 0.02, 200.0, 200.0, 0.5),
    (1.0, 0.3, 1.0, 1.0, 0.3),
    (30.0, 3.0, 3.0, 3.0, 0.05),
    (300.0, 100.0, 0.02, 0.1, 0.01),
    (0.3, 0.3, 50.0, 200.0, 0.9),
)


@dataclass(frozen=True)
class MgpsPrior:
    """Mixture of two gamma distributions of the reporting ratio, and how it was found.

    The five parameters make a prior; what a fit adds is absent from one typed in.

    Attributes
    ----------
    alpha1, beta1, alpha2, beta2
        Shapes and rates. After a fit, component 1 has the larger mean ``alpha / beta``.
    p
        Weight of component 1.
    likelihood
        ``A``, ``B`` or ``C`` of the module's table; None for a prior typed in.
    nll
        Negative log-likelihood of the whole table, natural logarithm, with the term
        ``ln n!``; NaN for a prior typed in.
    gradient_norm
        Largest absolute derivative of `nll` by ``ln(alpha / beta)`` and ``ln alpha`` of
        either component (the latter at fixed mean) and by ``logit p``.
    converged
        Whether a further step of Newton's method, by the second derivatives there,
        would lower `nll` by at most 1e-6; each parameter is then within 0.0014 standard
        errors of the optimum.
    n_starts, n_starts_agreeing
        Starts, and those that ended within 1e-4 of the least negative log-likelihood of
        them all. Few mean a likelihood with several optima, or a ridge.
    n_cells, n_rows
        Sum of the weights, and different ``(n, E)`` among the cells that the likelihood
        uses.

    Examples
    --------
    The first row of the CAERS example of openEBGM, with the prior of its vignette:

    >>> prior = MgpsPrior(3.25594061, 0.39998839, 2.02375522, 1.90613788, 0.06530784)
    >>> prior.score(1, 0.036055).round(3)
        ebgm   eb05    eb95
    0  2.227  0.491  13.859
    """

    alpha1: float
    beta1: float
    alpha2: float
    beta2: float
    p: float
    likelihood: Likelihood | None = None
    nll: float = float("nan")
    gradient_norm: float = float("nan")
    converged: bool = False
    n_starts: int = 0
    n_starts_agreeing: int = 0
    n_cells: float = 0.0
    n_rows: int = 0

    def __post_init__(self) -> None:
        positive = np.array([self.alpha1, self.beta1, self.alpha2, self.beta2])
        if not (np.all(positive > 0) and np.all(np.isfinite(positive))):
            raise ValueError(f"shapes and rates are above 0 and finite, not {positive}")
        if not 0 <= self.p <= 1:
            raise ValueError(f"the weight p lies between 0 and 1, not at {self.p}")

    @property
    def theta(self) -> Theta:
        """``(alpha1, beta1, alpha2, beta2, p)``, the order in which papers print it."""
        return self.alpha1, self.beta1, self.alpha2, self.beta2, self.p

    @property
    def mean(self) -> float:
        """Prior mean of the reporting ratio."""
        means = self.alpha1 / self.beta1, self.alpha2 / self.beta2
        return self.p * means[0] + (1 - self.p) * means[1]

    def score(self, n: npt.ArrayLike, expected: npt.ArrayLike) -> pd.DataFrame:
        """EBGM with the limits of its 90 % interval, one row per pair.

        Given ``n``, the reporting ratio is distributed as
        ``Q Gamma(alpha1 + n, beta1 + E) + (1 - Q) Gamma(alpha2 + n, beta2 + E)`` with
        ``Q`` of `weight`. EBGM is its geometric mean,

            ln EBGM = Q [psi(alpha1 + n) - ln(beta1 + E)]
                      + (1 - Q) [psi(alpha2 + n) - ln(beta2 + E)],

        EB05 and EB95 are its quantiles of 0.05 and 0.95. Nothing is rounded. EBGM lies
        between them, except where a component with less than 0.05 of the weight is
        orders of magnitude from the other: it moves the mean of logarithms and neither
        quantile. That happens where one component has shrunk to a point.

        Parameters
        ----------
        n, expected
            Counts and expected counts, broadcast against each other. A zero count is
            scored like others. NaN where either is NaN or ``expected <= 0``.

        Returns
        -------
        pandas.DataFrame
            ``ebgm``, ``eb05``, ``eb95``, on the scale of the reporting ratio. The index
            is that of ``n`` if it is a Series.

        Raises
        ------
        ValueError
            If a count is negative.

        Notes
        -----
        Up to 250,000 pairs the quantiles are solved for, by Newton's method between the
        quantiles of both components, to a relative 1e-11. Among more pairs, those that
        share their count with many others are read from a cubic in ``ln E`` through
        solved quantiles and their derivatives. Its nodes are halved until every cubic
        meets the solved quantile half-way to a relative 2e-9, and once more: what is
        left is of the order of 1e-10; 1e-6 is promised. A count too rare to fill
        its grid is solved for.
        """
        index = n.index if isinstance(n, pd.Series) else None
        counts, which, e, valid = _cells(n, expected)
        ebgm = np.full(valid.size, np.nan)
        limits = np.full((2, valid.size), np.nan)
        components = self._components(counts)

        def mean(part: slice) -> FloatArray:
            return components.posterior(which[part], e[part]).geometric_mean()

        ebgm[valid] = np.concatenate([np.empty(0), *each_part(e.size, mean)])
        limits[:, valid] = quantiles(components, which, e)
        return pd.DataFrame(
            {"ebgm": ebgm, "eb05": limits[0], "eb95": limits[1]},
            index=index,
            copy=False,
        )

    def weight(self, n: npt.ArrayLike, expected: npt.ArrayLike) -> FloatArray:
        """Posterior weight ``Q`` of component 1.

        ``Q = p f1(n) / [p f1(n) + (1 - p) f2(n)]``, computed from the difference of the
        logarithms. One per pair, shape of the arguments broadcast, at least one
        dimension; NaN where either is NaN or ``expected <= 0``.
        """
        return self._per_pair(n, expected, lambda posterior: posterior.q)

    def probability_below(
        self, n: npt.ArrayLike, expected: npt.ArrayLike, ratio: float
    ) -> FloatArray:
        """Posterior probability that the reporting ratio is at most ``ratio``.

        ``Q G(ratio; alpha1 + n, beta1 + E) + (1 - Q) G(ratio; alpha2 + n, beta2 + E)``
        with ``G`` the gamma distribution function. Its cumulative mean in increasing
        order is the Bayesian false discovery rate of the pairs so far. Shape and NaN as
        in `weight`.

        Examples
        --------
        >>> prior = MgpsPrior(0.2, 0.06, 1.4, 1.8, 0.1)
        >>> prior.probability_below([0, 3, 30], 1.0, 1.0).round(4)
        array([0.891 , 0.2218, 0.    ])
        """
        at = np.log(ratio) if ratio > 0 else -np.inf
        return self._per_pair(
            n, expected, lambda posterior: posterior.distribution(np.asarray(at))
        )

    def _per_pair(
        self,
        n: npt.ArrayLike,
        expected: npt.ArrayLike,
        value: Callable[[Posterior], FloatArray],
    ) -> FloatArray:
        counts, which, e, valid = _cells(n, expected)
        components = self._components(counts)

        def of_part(part: slice) -> FloatArray:
            return value(components.posterior(which[part], e[part]))

        result = np.full(valid.shape, np.nan)
        result[valid] = np.concatenate([np.empty(0), *each_part(e.size, of_part)])
        return result

    def _components(self, counts: FloatArray) -> Components:
        with np.errstate(divide="ignore"):
            log_p = np.log([self.p, 1 - self.p])
        alphas, betas = (self.alpha1, self.alpha2), (self.beta1, self.beta2)
        return Components(
            counts,
            log_odds_p=float(log_p[0] - log_p[1]),
            alphas=alphas,
            betas=betas,
            log_gammas=(log_rising(alphas[0], counts), log_rising(alphas[1], counts)),
        )


def fit_mgps(
    n: npt.ArrayLike,
    expected: npt.ArrayLike,
    likelihood: Likelihood = "B",
    *,
    weights: npt.ArrayLike | None = None,
    starts: Iterable[Theta] = STARTS,
) -> MgpsPrior:
    """Prior of the reporting ratio that gives a table its maximal likelihood.

    Parameters
    ----------
    n, expected
        Counts and expected counts of the pairs, one dimension. ``A`` and ``B`` are
        likelihoods of reported pairs and leave out those with ``n = 0``; ``C`` uses
        them, and is right only if all of them are there.
    likelihood
        ``A``, ``B`` or ``C`` of the module's table.
    weights
        How many pairs each row stands for; 1 by default. `zero_cells` gives weighted
        rows.
    starts
        Points ``(alpha1, beta1, alpha2, beta2, p)`` to search from, see `STARTS`. The
        likelihood has several optima: the CAERS prior in the vignette of openEBGM is
        one of ``A`` that is not the best.

    Returns
    -------
    MgpsPrior
        With `MgpsPrior.converged` and the number of starts that agree. In tables of few
        drugs one component may shrink to a point: its shape and rate are then huge and
        of no meaning, their ratio and the scores are.

    Raises
    ------
    ValueError
        If no cell is left, or if one has a count that is negative or not finite, an
        expected count that is not above 0 and finite, or a negative weight.

    Notes
    -----
    Parameters are ``ln(alpha / beta)``, ``ln alpha`` and ``logit p``, in which a
    component that shrinks to a point moves along one axis; derivatives are analytic.
    Rows of equal ``(n, E)`` are one row with the sum of their weights, which is exact.
    Starts are searched by BFGS, on a table whose rows of one count are averaged over
    quantile bins of ``ln E`` where it has more than 20,000 rows. The distinct optima
    are then refined on the *whole* table, by Newton's method with the second
    derivatives of the averaged table as long as they serve; the best is returned.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> expected = rng.gamma(0.5, 4, size=4000)
    >>> ratio = np.where(rng.random(4000) < 0.2, 8.0, 1.0) * rng.gamma(4, 1 / 4, 4000)
    >>> prior = fit_mgps(rng.poisson(ratio * expected), expected)
    >>> prior.converged, round(prior.alpha1 / prior.beta1), round(prior.p, 1)
    (True, 8, 0.2)
    """
    if likelihood not in get_args(Likelihood):
        raise ValueError(f"likelihood is A, B or C, not {likelihood!r}")
    table = Table.of(n, expected, weights, with_zeros=likelihood == "C")
    coarse = table.squashed() if table.n_rows > SQUASHED_ROWS else table
    whole, averaged = Objective(table, likelihood), Objective(coarse, likelihood)

    ends = [search(averaged, to_free(start)) for start in starts]
    if not ends:
        raise ValueError("no start given")
    ends.sort(key=lambda end: end.nll)
    n_agreeing = sum(end.nll - ends[0].nll <= AGREE for end in ends)
    fits = [refine(whole, averaged, end.free) for end in candidates(ends)]
    best = min(fits, key=lambda fit: fit.nll)

    norm = float(np.max(np.abs(best.gradient)))
    alpha1, beta1, alpha2, beta2, p = from_free(best.free)
    if alpha1 / beta1 < alpha2 / beta2:
        alpha1, beta1, alpha2, beta2, p = alpha2, beta2, alpha1, beta1, 1 - p
    return MgpsPrior(
        alpha1=alpha1,
        beta1=beta1,
        alpha2=alpha2,
        beta2=beta2,
        p=p,
        likelihood=likelihood,
        nll=best.nll,
        gradient_norm=norm,
        converged=gain_left(whole, best) <= 1e-6,
        n_starts=len(ends),
        n_starts_agreeing=n_agreeing,
        n_cells=float(table.weight.sum()),
        n_rows=table.n_rows,
    )


def zero_cells(
    n_drug: npt.ArrayLike,
    n_event: npt.ArrayLike,
    *,
    drug_margins: npt.ArrayLike,
    event_margins: npt.ArrayLike,
    n_reports: float,
) -> tuple[FloatArray, FloatArray]:
    """Expected counts of the pairs that nobody reported, with how many share each.

    Drugs of equal margin and events of equal margin have equal expected counts
    ``E = n_drug n_event / N``, so that the zeros of a table of any size are few rows:
    of all ``k m`` pairs of ``k`` drugs with margin ``n_drug`` and ``m`` events with
    margin ``n_event``, those not among the reported pairs.

    Parameters
    ----------
    n_drug, n_event
        Margins of each *reported* pair, one dimension, whole numbers.
    drug_margins, event_margins
        Margin of each drug and of each event of the table.
    n_reports
        Number of reports.

    Returns
    -------
    tuple of numpy.ndarray
        Expected counts, and weights above 0: append them with ``n = 0`` to the reported
        pairs for the likelihood ``C``.

    Raises
    ------
    ValueError
        If a reported pair has margins that no drug or no event has, or pairs are given
        more often than such drugs and events exist.

    Examples
    --------
    Two drugs with 4 reports and one with 9, two events with 3 and 8; one pair, of a
    drug with 4 reports and the event with 3, has been reported:

    >>> expected, weights = zero_cells(
    ...     [4], [3], drug_margins=[4, 4, 9], event_margins=[3, 8], n_reports=100
    ... )
    >>> expected, weights
    (array([0.12, 0.32, 0.27, 0.72]), array([1., 2., 1., 1.]))
    """
    drugs, n_drugs = np.unique(np.asarray(drug_margins), return_counts=True)
    events, n_events = np.unique(np.asarray(event_margins), return_counts=True)
    row, column = np.asarray(n_drug), np.asarray(n_event)
    i = np.minimum(np.searchsorted(drugs, row), drugs.size - 1)
    j = np.minimum(np.searchsorted(events, column), events.size - 1)
    if np.any(drugs[i] != row) or np.any(events[j] != column):
        raise ValueError("a reported pair has margins that no drug or no event has")
    zeros = np.outer(n_drugs, n_events).astype(np.float64)
    zeros -= np.bincount(
        i * events.size + j, minlength=drugs.size * events.size
    ).reshape(zeros.shape)
    if np.any(zeros < 0):
        raise ValueError("more reported pairs than drugs and events of their margins")
    some = zeros > 0
    expected = np.outer(drugs / float(n_reports), events.astype(np.float64))
    return expected[some], zeros[some]


def _cells(
    n: npt.ArrayLike, expected: npt.ArrayLike
) -> tuple[FloatArray, IntArray, FloatArray, npt.NDArray[np.bool_]]:
    """Distinct counts, which of them each valid pair has, its E, and which are valid.

    Raises
    ------
    ValueError
        If a count is negative.
    """
    every_n, every_e = np.broadcast_arrays(
        np.atleast_1d(np.asarray(n, dtype=np.float64)),
        np.atleast_1d(np.asarray(expected, dtype=np.float64)),
    )
    if np.any(every_n < 0):
        raise ValueError("a count is negative; pass counts of reports")
    valid = np.isfinite(every_n) & np.isfinite(every_e) & (every_e > 0)
    counts, which = distinct(every_n[valid])
    return counts, which, every_e[valid], valid
