"""Newton's method for many equations, each to its own end."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

# Convergence is quadratic: the error that is left is the square of the last step.
_LAST_STEP = 1e-9


def newton(
    start: FloatArray, step: Callable[[npt.NDArray[np.intp], FloatArray], FloatArray]
) -> FloatArray:
    """Roots of one equation a row, each row stopped by its own last step.

    A row's root is the same to the last bit whatever rows stand beside it; otherwise a
    table would change with what else is asked of the data.

    Parameters
    ----------
    start
        Values from which the steps go to the root without passing it, one a row.
    step
        Rows and their values to the next step, to be added.

    Examples
    --------
    >>> squares = np.array([4.0, 9.0])
    >>> newton(squares, lambda rows, x: (squares[rows] / x - x) / 2)
    array([2., 3.])
    """
    root = start.copy()
    rows = np.arange(root.size)
    while rows.size:
        moved = step(rows, root[rows])
        root[rows] += moved
        rows = rows[np.abs(moved) > _LAST_STEP]
    return root
