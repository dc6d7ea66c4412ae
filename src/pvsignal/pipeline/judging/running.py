"""Counts of lines at every quarter, as running sums of their changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

Counts = npt.NDArray[np.int64]

LINE = ("measure", "drug", "event_level", "event", "litigation_set")


class RunningCounts:
    """Reports of cells and margins of comparator A by stratum, for rows of the board.

    Parameters
    ----------
    steps
        Change of each line: the columns of `LINE`, ``stratum`` (one of `strata`),
        ``quarter_no`` and ``step``. Rows of one place add up.
    board
        Rows with ``drug``, ``event_level``, ``event``, ``litigation_set`` and
        ``quarter_no``.
    strata
        Strata in the order of the last axis.
    """

    def __init__(
        self, steps: pd.DataFrame, board: pd.DataFrame, *, strata: Sequence[str]
    ) -> None:
        quarter_of_step, quarter_of_row = (
            frame["quarter_no"].to_numpy(np.int64) for frame in (steps, board)
        )
        quarters = np.unique(np.concatenate([quarter_of_step, quarter_of_row]))
        codes, lines = pd.factorize(pd.MultiIndex.from_frame(steps[list(LINE)]))
        # The last line is that of what no report has: place -1.
        shape = (len(lines) + 1, quarters.size, len(strata))
        self._known = np.zeros(shape, dtype=np.int32)
        at = (
            codes,
            np.searchsorted(quarters, quarter_of_step),
            pd.Index(strata).get_indexer(pd.Index(steps["stratum"])),
        )
        np.add.at(self._known, at, steps["step"].to_numpy(np.int32))
        np.cumsum(self._known, axis=1, out=self._known)
        self._quarter = np.searchsorted(quarters, quarter_of_row)
        self._line = {measure: _places(lines, board, measure) for measure in _NAMED_BY}
        self._leaves = {
            measure: _places(lines, board, measure, leaves=True)
            for measure in ("n_drug", "n")
        }

    def of(self, measure: str, rows: Counts) -> Counts:
        """Reports of a measure, litigated ones left out.

        Parameters
        ----------
        measure
            ``a``, ``n_drug``, ``n_event`` or ``n``.
        rows
            Places of rows of the board.

        Returns
        -------
        ndarray
            Shape (rows, strata).
        """
        quarter = self._quarter[rows]
        found = self._known[self._line[measure][rows], quarter].astype(np.int64)
        if measure in self._leaves:
            found -= self._known[self._leaves[measure][rows], quarter]
        return found

    def cells(self, rows: Counts) -> tuple[Counts, Counts, Counts, Counts]:
        """Cells a, b, c and d of rows of the board, shape (rows, strata) each."""
        a, n_drug, n_event, n = (
            self.of(measure, rows) for measure in ("a", "n_drug", "n_event", "n")
        )
        return a, n_drug - a, n_event - a, n - n_drug - n_event + a


def _places(
    lines: pd.Index, board: pd.DataFrame, measure: str, *, leaves: bool = False
) -> Counts:
    """Line of a measure for each row of the board, or of what leaves; -1 for none."""
    wanted = pd.DataFrame("", index=board.index, columns=list(LINE))
    named = [*_NAMED_BY[measure], *(["litigation_set"] if leaves else [])]
    wanted[named] = board[named]
    places = lines.get_indexer(pd.MultiIndex.from_frame(wanted.assign(measure=measure)))
    # Where no report leaves the line would be that of all reports.
    if leaves:
        places[(board["litigation_set"] == "").to_numpy()] = -1
    return places.astype(np.int64)


_NAMED_BY: Final = {
    "a": ["drug", "event_level", "event"],
    "n_drug": ["drug"],
    "n_event": ["event_level", "event"],
    "n": [],
}
