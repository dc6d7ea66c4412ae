"""Stimulated reporting: which one source, place or time holds the cases of a pair."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from pvsignal.stats import poisson_p_greater

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

TRAITS: Final = (
    "reporter",
    "sender",
    "country",
    "literature",
    "entry_quarter",
    "country_quarter",
    "notoriety",
)

BURST_TRAIT: Final = "entry_quarter"
BURST_P: Final = 0.01
BURST_MIN_CASES: Final = 3
TOP_VALUES: Final = 3


def expected_cases(a: Floats, n_drug_value: Floats, n_drug: Floats) -> Floats:
    """Cases of a value if the pair's share of the drug's reports were the same in all.

    ``E = a n_drug_value / n_drug``; NaN where the drug has no report.

    Parameters
    ----------
    a
        Cases of the pair.
    n_drug_value, n_drug
        Reports of the drug with the value, and in all.

    Examples
    --------
    Ten cases among 200 reports, 20 of them in this quarter:

    >>> expected_cases(np.array([10.0]), np.array([20.0]), np.array([200.0]))
    array([1.])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.where(n_drug > 0, a * n_drug_value / n_drug, np.nan)
    return found


def p_burst(cases: Floats, expected: Floats, n_quarters: Floats) -> Floats:
    """Probability that any quarter of the drug holds as many cases by chance, at most.

    Poisson upper tail of the quarter, times the quarters in which the drug has reports
    (Bonferroni); not above 1. The cases are part of what is expected, which makes the
    test cautious.

    Examples
    --------
    Six cases where one is expected, a drug with 40 quarters:

    >>> p_burst(np.array([6.0]), np.array([1.0]), np.array([40.0])).round(3)
    array([0.024])
    """
    return np.minimum(poisson_p_greater(cases, expected) * n_quarters, 1.0)


def is_burst(cases: Floats, p: Floats) -> Flags:
    """Flag quarters with at least three cases and `p_burst` below 0.01."""
    return (cases >= BURST_MIN_CASES) & (p < BURST_P)
