"""Columns in which a value that was not computed is NULL."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Flags = npt.NDArray[np.bool_]


def defined(values: npt.NDArray[Any], is_computed: Flags | None = None) -> pa.Array:
    """Values as a column; NULL where they were not computed or are NaN.

    DuckDB takes NaN for greater than every number, so that a filter on a statistic
    would keep the rows that have none.

    Parameters
    ----------
    values
        Numbers or flags, one dimension. Infinity is a value: a count of zero divides.
    is_computed
        False where there is no value, same shape; None for everywhere.
    """
    missing = np.isnan(values)
    if is_computed is not None:
        missing |= ~is_computed
    return pa.array(values, mask=missing)


def spread(values: npt.NDArray[Any], over: Flags) -> pa.Array:
    """Values of some rows as a column of all rows; NULL in the others and for NaN.

    Parameters
    ----------
    values
        One for each True of `over`, in order.
    over
        Which rows have one.
    """
    column = np.zeros(over.size, dtype=values.dtype)
    column[over] = values
    return defined(column, over)
