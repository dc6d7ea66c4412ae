"""Cells of 2x2 tables as the other modules take them in."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def as_cells(
    a: npt.ArrayLike, b: npt.ArrayLike, c: npt.ArrayLike, d: npt.ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Cells as float64 arrays of one shape, at least one dimension.

    32-bit products overflow at the size of FAERS, so nothing is multiplied before.

    Raises
    ------
    ValueError
        If a cell is negative, which no count of reports is.

    Examples
    --------
    >>> as_cells([1, 2], 3, 4, 5)[1]
    array([3., 3.])
    """
    cells = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(cell, dtype=np.float64)) for cell in (a, b, c, d))
    )
    if any((cell < 0).any() for cell in cells):
        raise ValueError("a cell of a 2x2 table is negative; pass counts of reports")
    return cells[0], cells[1], cells[2], cells[3]
