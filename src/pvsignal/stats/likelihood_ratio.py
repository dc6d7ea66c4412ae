"""Likelihood ratio tests of all events of a drug at once, by simulation.

Huang's test looks at the largest log-likelihood ratio among the events of one drug,
and compares it with the largest ones of simulated tables in which nothing stands out.
So the chance that a drug without disproportionate reporting shows any event is bounded,
however many events there are.

Tables here are counts of *mentions* (pairs of drug and event), events in rows, drugs in
columns, as the multinomial needs rows that add up to the margin of the drug. They must
hold all events: those of no interest in one row "other". Drugs of no interest need no
column; they are in the row totals.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import xlogy

FloatArray = npt.NDArray[np.float64]

# Counts, drug margin, event margin, total; broadcast.
Statistic = Callable[[FloatArray, FloatArray, FloatArray, float], FloatArray]

# Simulated cells in memory at a time, 16 MB per array.
_CELLS = 2_000_000


@dataclass(frozen=True)
class LikelihoodRatioTest:
    """Log-likelihood ratios and what they mean among many.

    Attributes
    ----------
    llr
        Log-likelihood ratio, natural log; 0 where the count is not above expectation.
    p_value
        p of the pair as the largest of its drug: bounds the chance of any false pair
        within the drug (Huang 2011).
    p_step_down
        The same after the pairs of the drug with a larger ratio are set aside; never
        above `p_value`, and never below that of a pair with a larger ratio.
    p_extended
        p of the pair as the largest of all drugs and events: bounds the chance of any
        false pair in the table, and so the false discovery rate.
    fdr
        Estimated false discovery rate of the pairs with at least this ratio; natural
        scale, 1 where the ratio is 0.
    p_drug
        p of each drug, that of its largest ratio; one per column.
    n_simulations
        Simulated tables; no p is below ``1 / (n_simulations + 1)``.

    Arrays but the last have the shape (events, drugs).
    """

    llr: FloatArray
    p_value: FloatArray
    p_step_down: FloatArray
    p_extended: FloatArray
    fdr: FloatArray
    p_drug: FloatArray
    n_simulations: int


def llr_poisson(n: npt.ArrayLike, expected: npt.ArrayLike) -> FloatArray:
    """Log-likelihood ratio of a Poisson count against its expectation.

    ``n ln(n / E) - (n - E)`` where ``n > E``, otherwise 0: the ratio ``lambda`` of the
    alternative is at least 1 and estimated by ``max(1, n / E)``.

    Parameters
    ----------
    n, expected
        Counts and expected counts, broadcast. Where nothing is expected, the ratio is 0
        for no count and infinite for any other.

    Returns
    -------
    ndarray of float64
        Natural log, never negative, at least one dimension.

    Examples
    --------
    Atorvastatin and rhabdomyolysis in the statin table of pvLRT:

    >>> llr_poisson(2041, 112.056694001136).round(4)
    array([3994.4269])

    References
    ----------
    Huang, Zalkikar, Tiwari. A likelihood ratio test based method for signal detection
    with application to FDA's drug safety data. J Am Stat Assoc 2011;106:1230-1241.
    doi:10.1198/jasa.2011.ap10243
    """
    n, expected = np.broadcast_arrays(
        np.atleast_1d(np.asarray(n, dtype=np.float64)),
        np.atleast_1d(np.asarray(expected, dtype=np.float64)),
    )
    return _poisson(n, expected)


def llr_two_proportions(
    n: npt.ArrayLike,
    *,
    n_drug: npt.ArrayLike,
    n_event: npt.ArrayLike,
    n_total: npt.ArrayLike,
) -> FloatArray:
    """Log-likelihood ratio of two Poisson rates, the event's and that of the others.

    With ``p = n / n_event``, ``q = (n_drug - n) / (N - n_event)`` and
    ``p0 = n_drug / N``: ``n ln p + (n_drug - n) ln q - n_drug ln p0`` where ``p > q``,
    otherwise 0. The rates are shares of the drug, among the mentions of the event and
    among those of other events.

    Parameters
    ----------
    n
        Mentions of drug and event.
    n_drug, n_event, n_total
        Margins and total, broadcast with `n`. Where an event has no mention, or every
        one, there is nothing to compare: 0.

    Returns
    -------
    ndarray of float64
        Natural log, never negative, at least one dimension. The sum is evaluated as
        printed: its terms cancel, so that of a hundred million mentions the eighth
        decimal is rounded.

    Examples
    --------
    >>> llr_two_proportions(10, n_drug=50, n_event=20, n_total=1000).round(4)
    array([14.9082])

    References
    ----------
    Huang, Zalkikar, Tiwari 2011, doi:10.1198/jasa.2011.ap10243, equation for the
    likelihood ratio of row and column; the form of pvLRT's ``p-q`` parametrisation.
    """
    arrays = np.broadcast_arrays(
        *(
            np.atleast_1d(np.asarray(x, dtype=np.float64))
            for x in (n, n_drug, n_event, n_total)
        )
    )
    return _two_proportions(*arrays)


def poisson_lrt(
    counts: npt.ArrayLike,
    n_event: npt.ArrayLike,
    *,
    rng: np.random.Generator,
    n_simulations: int = 9_999,
) -> LikelihoodRatioTest:
    """Likelihood ratio test of every drug, Poisson form.

    The statistic of a drug is the largest `llr_poisson` among its events, with
    ``E = n_drug n_event / N``. Under the null hypothesis the mentions of a drug fall on
    the events as those of the table do: they are drawn from a multinomial with its
    total ``n_drug`` and probabilities ``n_event / N``. With B simulations

    ``p = (1 + #{maximum >= llr}) / (B + 1)``.

    The maximum is over the events of the drug, for the step-down over those events of
    the drug whose observed ratio is not larger (Westfall, Young 1993, algorithm 2.8),
    for the extended test over all drugs and events. The false discovery rate of the
    pairs with a ratio of at least t is the mean number of simulated pairs with one,
    divided by the observed number, with the least taken over the longer lists; it takes
    every pair for a null pair when it counts the simulated ones, and so errs upwards.

    Parameters
    ----------
    counts
        Mentions, shape (events, drugs): all events in rows, drugs to test in columns.
    n_event
        Mentions of each event with any drug, the drugs without a column included.
    rng
        Source of randomness; one seed gives one result.
    n_simulations
        Tables to simulate, B.

    Raises
    ------
    ValueError
        If the shapes do not fit, an event has more mentions with the tested drugs than
        in all, or nothing is to be simulated.

    Examples
    --------
    >>> counts = np.array([[30], [10], [160]])
    >>> rng = np.random.default_rng(1)
    >>> result = poisson_lrt(counts, [100, 400, 9500], rng=rng, n_simulations=99)
    >>> result.llr.round(2).T, result.p_value.T
    (array([[53.24,  0.23,  0.  ]]), array([[0.01, 0.42, 1.  ]]))

    References
    ----------
    Huang, Zalkikar, Tiwari 2011, doi:10.1198/jasa.2011.ap10243, sections 2 and 3;
    Chakraborty, Liu, Ball, Markatou. On the use of the likelihood ratio test
    methodology in pharmacovigilance. Stat Med 2022;41:5395-5420. doi:10.1002/sim.9575;
    Storey, Tibshirani. Statistical significance for genomewide studies. PNAS
    2003;100:9440-9445. doi:10.1073/pnas.1530509100
    """

    def statistic(
        n: FloatArray, n_drug: FloatArray, n_event: FloatArray, n_total: float
    ) -> FloatArray:
        return _poisson(n, n_drug / n_total * n_event)

    return _test(counts, n_event, statistic, rng=rng, n_simulations=n_simulations)


def two_proportion_lrt(
    counts: npt.ArrayLike,
    n_event: npt.ArrayLike,
    *,
    rng: np.random.Generator,
    n_simulations: int = 9_999,
) -> LikelihoodRatioTest:
    """Likelihood ratio test of every drug, two-proportion form.

    As `poisson_lrt`, with `llr_two_proportions` in place of the Poisson ratio. The two
    differ where the drug holds a large share of an event.

    Parameters
    ----------
    counts, n_event, rng, n_simulations
        As for `poisson_lrt`.

    Raises
    ------
    ValueError
        If the shapes do not fit, or an event has more mentions with the tested drugs
        than in all.

    Examples
    --------
    >>> counts = np.array([[30], [10], [160]])
    >>> rng = np.random.default_rng(1)
    >>> result = two_proportion_lrt(counts, [100, 400, 9500], rng=rng, n_simulations=99)
    >>> result.llr.round(2).T, result.p_drug
    (array([[55.32,  0.24,  0.  ]]), array([0.01]))

    References
    ----------
    Huang, Zalkikar, Tiwari 2011, doi:10.1198/jasa.2011.ap10243.
    """
    return _test(
        counts, n_event, _two_proportions, rng=rng, n_simulations=n_simulations
    )


def _poisson(n: FloatArray, expected: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        llr = n * np.log(n / expected) - (n - expected)
    # Where n is a hair above E the difference can round below zero.
    return np.where(n > expected, np.maximum(llr, 0.0), 0.0)


def _two_proportions(
    n: FloatArray, n_drug: FloatArray, n_event: FloatArray, n_total: FloatArray | float
) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        p = n / n_event
        q = (n_drug - n) / (n_total - n_event)
        llr = xlogy(n, p) + xlogy(n_drug - n, q) - xlogy(n_drug, n_drug / n_total)
    # Where p is a hair above q the sum can round below zero.
    return np.where(p > q, np.maximum(llr, 0.0), 0.0)


def _test(
    counts: npt.ArrayLike,
    n_event: npt.ArrayLike,
    statistic: Statistic,
    *,
    rng: np.random.Generator,
    n_simulations: int,
) -> LikelihoodRatioTest:
    counts = np.asarray(counts, dtype=np.float64)
    n_event = np.asarray(n_event, dtype=np.float64)
    if counts.ndim != 2 or n_event.shape != counts.shape[:1]:
        raise ValueError(
            f"counts have shape {counts.shape} and event totals {n_event.shape};"
            " pass (events, drugs) and (events,)"
        )
    if n_simulations < 1:
        raise ValueError("a p-value needs at least one simulation")
    if (counts < 0).any() or (counts.sum(axis=1) > n_event).any():
        raise ValueError("an event has more mentions with these drugs than in all")
    n_total = float(n_event.sum())
    n_drug = counts.sum(axis=0)
    llr = statistic(counts, n_drug, n_event[:, np.newaxis], n_total)

    shape = llr.shape
    largest = np.zeros((n_simulations, shape[1]))
    p_value, p_step_down = np.ones(shape), np.ones(shape)
    cuts, position = np.unique(llr, return_inverse=True)
    n_simulated = np.zeros(cuts.size)
    size = max(1, _CELLS // max(1, shape[0]))
    for drug in np.flatnonzero(n_drug > 0):
        order = np.argsort(-llr[:, drug], kind="stable")
        observed = llr[order, drug]
        n_beyond = np.zeros(shape[0])
        for start in range(0, n_simulations, size):
            part = slice(start, min(n_simulations, start + size))
            drawn = rng.multinomial(
                int(n_drug[drug]), n_event / n_total, size=part.stop - part.start
            ).astype(np.float64)
            ratios = statistic(drawn, n_drug[drug], n_event, n_total)[:, order]
            # Largest among the events from each place of the order on.
            remaining = np.maximum.accumulate(ratios[:, ::-1], axis=1)[:, ::-1]
            largest[part, drug] = remaining[:, 0]
            n_beyond += (remaining >= observed).sum(axis=0)
            place = np.searchsorted(cuts, ratios.ravel(), side="right") - 1
            n_simulated += np.bincount(place, minlength=cuts.size)
        p_value[:, drug] = _p_of_maximum(llr[:, drug], largest[:, drug])
        p_step_down[order, drug] = np.maximum.accumulate(
            (1 + n_beyond) / (n_simulations + 1)
        )

    # Pairs at or beyond each ratio; the list of a smaller ratio is the longer one.
    n_observed = np.bincount(position.ravel(), minlength=cuts.size)[::-1].cumsum()[::-1]
    n_expected = n_simulated[::-1].cumsum()[::-1] / n_simulations
    fdr = np.minimum.accumulate(np.minimum(n_expected / n_observed, 1.0))
    return LikelihoodRatioTest(
        llr=llr,
        p_value=p_value,
        p_step_down=p_step_down,
        p_extended=_p_of_maximum(llr, largest.max(axis=1, initial=0.0)),
        fdr=fdr[position].reshape(shape),
        p_drug=p_value.min(axis=0, initial=1.0),
        n_simulations=n_simulations,
    )


def _p_of_maximum(llr: FloatArray, largest: FloatArray) -> FloatArray:
    """Share of the simulated maxima, and the table itself, that reach each ratio."""
    below = np.searchsorted(np.sort(largest), llr, side="left")
    p: FloatArray = (1 + largest.size - below) / (largest.size + 1)
    return p
