"""Omega: more reports of an event with two drugs together than either explains."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import gammaincinv

FloatArray = npt.NDArray[np.float64]

# Constant of the shrinkage towards 0, on observed and on expected count.
_SHRINKAGE = 0.5


def omega(
    n111: npt.ArrayLike,
    n11: npt.ArrayLike,
    n101: npt.ArrayLike,
    n10: npt.ArrayLike,
    n011: npt.ArrayLike,
    n01: npt.ArrayLike,
    n001: npt.ArrayLike,
    n00: npt.ArrayLike,
) -> pd.DataFrame:
    r"""Observed against expected reports of an event with two drugs, log2 scale.

    The reports are split into four disjoint strata by the two drugs. With the share
    :math:`f_{ij} = n_{ij1} / n_{ij.}` of reports with the event in each and
    :math:`o_{ij} = f_{ij} / (1 - f_{ij})`, the share expected with both drugs, if each
    adds its own excess share and none takes away, is

    .. math:: g_{11} = 1 - \frac{1}{\max(o_{00}, o_{10}) + \max(o_{00}, o_{01})
              - o_{00} + 1},

    .. math:: E_{111} = g_{11} n_{11.}, \qquad
              \Omega = \log_2 \frac{n_{111} + 1/2}{E_{111} + 1/2}.

    The limits are those of a gamma distribution,
    :math:`\Omega_q = \log_2 [G^{-1}_q(n_{111} + 1/2) / (E_{111} + 1/2)]`. They hold for
    few reports too, other than :math:`\Omega \mp z / (\ln 2 \sqrt{n_{111}})`.

    Parameters
    ----------
    n111, n11
        Reports with both drugs: those with the event, all of them. Arrays of counts
        that broadcast against each other, here and below.
    n101, n10
        Reports with the first drug and not the second.
    n011, n01
        Reports with the second drug and not the first.
    n001, n00
        Reports with neither drug.

    Returns
    -------
    pandas.DataFrame
        One row per pair of drugs: `expected` (reports), `omega`, `omega025`,
        `omega975` (log2; the limits leave 2.5 % outside on either side).

        =====================================  ======================================
        stratum                                result
        =====================================  ======================================
        no report with one drug alone, or      NaN: what the missing stratum would
        with neither (n10, n01 or n00 zero)    share is not known
        no report with both drugs (n11 zero)   expected 0, omega 0, limits about it
        no event in a stratum                  share 0, a number like others
        every report has the event             share 1: expected n11
        (n10, n01 or n00)
        =====================================  ======================================

    Raises
    ------
    ValueError
        If a count is negative or more reports have the event than there are.

    References
    ----------
    Norén, Sundberg, Bate, Edwards. A statistical methodology for drug-drug interaction
    surveillance. Stat Med 2008;27:3057-3070. doi:10.1002/sim.3247

    Examples
    --------
    >>> omega(30, 102, 2067, 29788, 36, 514, 247, 5139).round(4)
       expected   omega  omega025  omega975
    0    9.2211  1.6496    1.0871    2.1194
    """
    counts = np.broadcast_arrays(
        *(
            np.atleast_1d(np.asarray(count, dtype=np.float64))
            for count in (n111, n11, n101, n10, n011, n01, n001, n00)
        )
    )
    if any(count.ndim > 1 for count in counts):
        raise ValueError("counts have more than one dimension; pass one row a pair")
    if any((count < 0).any() for count in counts):
        raise ValueError("a count of reports is negative")
    if any((counts[i] > counts[i + 1]).any() for i in (0, 2, 4, 6)):
        raise ValueError("more reports with the event than reports in a stratum")
    n_event, n_both = counts[0], counts[1]
    first, second, neither = (_odds(counts[i], counts[i + 1]) for i in (2, 4, 6))
    with np.errstate(invalid="ignore"):
        added = np.maximum(neither, first) + (np.maximum(neither, second) - neither)
        # 1 - 1 / (x + 1), without the cancellation at the small x of rare events.
        share = added / (added + 1)
    # inf / inf, or inf - inf before: every report of a stratum has the event.
    defined = ~np.isnan([first, second, neither]).any(axis=0)
    share = np.where(defined & np.isnan(share), 1.0, share)
    expected = share * n_both
    # A large table has few distinct counts, and the inverse is the costly part.
    values, position = np.unique(n_event, return_inverse=True)
    base = np.log2(expected + _SHRINKAGE)
    low, high = (
        np.log2(gammaincinv(values + _SHRINKAGE, q))[position] for q in (0.025, 0.975)
    )
    return pd.DataFrame(
        {
            "expected": expected,
            "omega": np.log2(n_event + _SHRINKAGE) - base,
            "omega025": low - base,
            "omega975": high - base,
        }
    )


def _odds(n_event: FloatArray, n: FloatArray) -> FloatArray:
    """Odds of the event among n reports; infinite where all, NaN where none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return n_event / (n - n_event)
