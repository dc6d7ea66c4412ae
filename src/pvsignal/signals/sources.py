"""How many sources stand behind each pair, and whether one of them holds most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pvsignal.analysis import Emerging

Counts = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Spread:
    """Values of one trait behind one pair over quarters; arrays of shape (quarters,).

    Attributes
    ----------
    n_values
        Distinct values with at least one report.
    most
        Reports of the value that has most; 0 where no report states the trait.
    top
        Position of that value; the first of those that are equal.
    """

    n_values: Counts
    most: Counts
    top: Counts


def spread(steps: Counts, value: Counts, quarter: Counts, *, n_quarters: int) -> Spread:
    """How the reports of a pair spread over the values of a trait, as known then.

    Parameters
    ----------
    steps
        Change of the number of reports, shape (changes,).
    value, quarter
        Positions of the value and the quarter of each change, from 0.
    n_quarters
        Quarters in all, consecutive.

    Examples
    --------
    Two reports of the first sender, then one of another:

    >>> found = spread(
    ...     np.array([2, 1]), np.array([0, 1]), np.array([0, 1]), n_quarters=2
    ... )
    >>> found.n_values.tolist(), found.most.tolist()
    ([1, 2], [2, 2])
    """
    known = np.zeros((int(value.max()) + 1, n_quarters), dtype=np.int64)
    np.add.at(known, (value, quarter), steps)
    known = known.cumsum(axis=1)
    return Spread((known > 0).sum(axis=0), known.max(axis=0), known.argmax(axis=0))


def is_eligible(
    a: Counts,
    n_drug: Counts,
    *,
    n_countries: Counts,
    n_senders: Counts,
    n_professional: Counts,
    min_reports: int,
    limits: Emerging,
) -> Flags:
    """Whether a pair has enough behind it to cross at all.

    At least three reports, from two countries or two senders, one of them of a health
    professional, and a hundred reports of the drug.

    References
    ----------
    docs/signals.md, "Eligible".
    """
    return (
        (a >= min_reports)
        & (n_drug >= limits.min_drug_reports)
        & (n_professional >= limits.min_professional)
        & ((n_countries >= limits.min_countries) | (n_senders >= limits.min_senders))
    )
