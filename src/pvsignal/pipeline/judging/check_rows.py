"""Rows of the board and the shape of what a check says of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from pvsignal import warehouse
from pvsignal.pipeline.scoring.columns import defined
from pvsignal.signals.verdicts import NOT_APPLICABLE

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

_BOARD: Final = """
    select
        screened.drug, screened.event_level, screened.event, screened.quarter_no,
        event.litigation_set, coalesce(event_sex.sex, 'all') as sex
    from signals.screened as screened
    inner join cohort.event as event
        on screened.event_level = event.event_level and screened.event = event.event
    left join codelists.event_sex as event_sex
        on screened.event_level = event_sex.event_level
        and screened.event = event_sex.event
    where screened.is_screened
    order by screened.quarter_no, screened.drug, screened.event
"""


def board_rows(con: warehouse.Connection) -> pd.DataFrame:
    """Pairs and quarters of ``signals.screened`` that are on the board.

    Returns
    -------
    pandas.DataFrame
        ``drug``, ``event_level``, ``event``, ``quarter_no``, ``litigation_set`` (empty
        where no report leaves for the event), ``sex`` (``all``, ``female``, ``male``:
        whose reports the event is judged in); by quarter, drug and event.
    """
    return warehouse.query_frame(con, _BOARD)


def checked(
    board: pd.DataFrame,
    check_id: str,
    *,
    outcome: npt.NDArray[np.str_],
    value: Floats,
    of_n: Counts,
    words: Sequence[str],
    has_count: npt.NDArray[np.bool_] | None = None,
) -> pa.Table:
    """One row a row of the board, in the columns of ``signals.pair_check``.

    Parameters
    ----------
    board
        Rows of the board, with ``drug``, ``event`` and ``quarter_no``.
    check_id
        Name of the check.
    outcome
        ``passes``, ``fails`` or ``not applicable``.
    value
        Number that was compared. Stored as NULL where it is NaN and where the check is
        not applicable: a ratio of two reports would be taken for a finding.
    of_n
        Reports that it rests on.
    words
        What the check found, in a line.
    has_count
        False where there is no such number; None for everywhere.
    """
    return pa.table(
        {
            "drug": pa.array(board["drug"], pa.string()),
            "event": pa.array(board["event"], pa.string()),
            "quarter_no": pa.array(board["quarter_no"]),
            "check_id": pa.array([check_id] * len(board), pa.string()),
            "outcome": pa.array(outcome.tolist(), pa.string()),
            "value": defined(value.astype(np.float64), outcome != NOT_APPLICABLE),
            "of_n": defined(of_n.astype(np.int64), has_count),
            "words": pa.array(list(words), pa.string()),
        }
    )


def figure(value: float) -> str:
    """Ratio in words, two decimals."""
    return "infinite" if np.isinf(value) else f"{value:.2f}"


def counted(n: int, word: str = "report") -> str:
    """Count in words, such as ``1 report`` or ``no report``."""
    return f"{n if n else 'no'} {word}{'' if n < 2 else 's'}"
