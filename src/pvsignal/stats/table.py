"""The usual statistics of many pairs in one table."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt
import pandas as pd

from pvsignal.stats.information import information_component
from pvsignal.stats.twobytwo import chi2, chi2_yates, expected, prr, ror

Cell = npt.ArrayLike | pd.Series


def disproportionality(a: Cell, b: Cell, c: Cell, d: Cell) -> pd.DataFrame:
    """Expected count, PRR, ROR, chi-squared and information component of each table.

    Parameters
    ----------
    a, b, c, d
        Reports with drug and event, drug only, event only, neither; scalars or one
        dimension, broadcast. The index of the first that is a Series is that of the
        result; cells go by position, so the others must be in the same order.

    Returns
    -------
    pandas.DataFrame
        One row per table:

        - ``expected``: count under independence;
        - ``prr``, ``prr_low``, ``prr_high``, ``ror``, ``ror_low``, ``ror_high``:
          ratios with 95 % limits, natural scale;
        - ``chi2``, ``chi2_yates``: without and with Yates' correction;
        - ``ic``, ``ic025``, ``ic975``: information component with exact 95 % credible
          limits, log2;
        - ``is_exact``: a zero cell makes the ROR infinite or zero, and its limits
          (and those of the PRR, where that is infinite or zero as well) are exact.

        Zero cells are results. ``a = 0`` gives ratios of 0, never raised, with an upper
        limit; ``c = 0`` infinite ratios with a finite lower limit. A margin of zero
        gives NaN where the statistic needs it.

    Raises
    ------
    ValueError
        If a cell is negative, or two Series have different indexes.

    Examples
    --------
    Rifabutin and uveitis of Evans 2001, and an event that no other drug has:

    >>> table = disproportionality([41, 3], [14, 1], [754, 0], [591_958, 100_000])
    >>> table[["prr", "prr_low", "chi2", "ic025", "is_exact"]].round(2)
          prr   prr_low      chi2  ic025  is_exact
    0  585.99    494.33  22739.50   5.70     False
    1     inf  10330.78  75002.25   0.76      True
    """
    cells: tuple[Any, ...] = (a, b, c, d)
    indexes = [cell.index for cell in cells if isinstance(cell, pd.Series)]
    if any(not index.equals(indexes[0]) for index in indexes[1:]):
        raise ValueError("the cells are Series with different indexes; align them")
    mean = expected(*cells)
    proportional, odds = prr(*cells), ror(*cells)
    component = information_component(a, mean)
    return pd.DataFrame(
        {
            "expected": mean,
            "prr": proportional.point,
            "prr_low": proportional.low,
            "prr_high": proportional.high,
            "ror": odds.point,
            "ror_low": odds.low,
            "ror_high": odds.high,
            "chi2": chi2(*cells),
            "chi2_yates": chi2_yates(*cells),
            "ic": component.ic,
            "ic025": component.ic025,
            "ic975": component.ic975,
            "is_exact": odds.is_exact,
        },
        index=indexes[0] if indexes else None,
    )
