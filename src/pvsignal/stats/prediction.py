"""How many reports a time to come would bring if they arrived as before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Prediction:
    """Expected counts and the interval that a new count falls into.

    Attributes
    ----------
    expected
        Counts expected, natural scale; shape of the counts given.
    low, high
        Whole counts; both belong to the interval.
    """

    expected: Floats
    low: Integers
    high: Integers


def poisson_prediction(
    n: ArrayLike, *, days: float, ahead_days: float, level: float = 0.95
) -> Prediction:
    r"""Counts of a time to come, from counts of a time that has passed.

    Reports are taken to arrive one by one at a steady rate. With Jeffreys' prior the
    rate has, after :math:`n` reports in :math:`d` days, a gamma distribution with shape
    :math:`n + 1/2` and rate :math:`d`; the count of :math:`m` days is then negative
    binomial with :math:`r = n + 1/2` and :math:`p = d / (d + m)`. The interval runs
    between its quantiles, so it holds the uncertainty of the rate as well.

    Parameters
    ----------
    n
        Reports in the time that has passed; any shape. Zero is a count like others: it
        expects 0, and its upper bound is above 0 for times of similar length.
    days, ahead_days
        Lengths of both times in days, the first above 0, the second not below.
    level
        Probability of the interval, equal tails.

    Returns
    -------
    Prediction
        Expected :math:`n m / d`.

    References
    ----------
    Gelman et al. (2013), Bayesian Data Analysis, 3rd edition, section 2.6: the
    predictive distribution of a Poisson count under a gamma distribution of its rate.

    Examples
    --------
    >>> poisson_prediction([36], days=360, ahead_days=90)
    Prediction(expected=array([9.]), low=array([3]), high=array([16]))
    """
    counts = np.asarray(n, dtype=np.float64)
    tail = (1 - level) / 2
    ahead = stats.nbinom(counts + 0.5, days / (days + ahead_days))
    return Prediction(
        expected=counts * ahead_days / days,
        low=np.asarray(ahead.ppf(tail)).astype(np.int64),
        high=np.asarray(ahead.ppf(1 - tail)).astype(np.int64),
    )
