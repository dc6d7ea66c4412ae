"""Check ``age_sex``: the pair stays above 1 when ages and sexes are alike."""

from __future__ import annotations

from typing import Final, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from pvsignal import warehouse
from pvsignal.analysis import AgeBand, Sex
from pvsignal.pipeline.judging.check_rows import (
    board_rows,
    checked,
    counted,
    figure,
)
from pvsignal.pipeline.judging.running import RunningCounts
from pvsignal.pipeline.scoring.adjusted import SEXES
from pvsignal.signals.unexplained import MIN_REPORTS, holds_by_age_and_sex
from pvsignal.stats import mantel_haenszel_ror

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

_STRATA: Final = tuple(
    f"{sex} {age_band}" for sex in get_args(Sex) for age_band in get_args(AgeBand)
)
_IS_STATED: Final = np.array(["unknown" not in stratum for stratum in _STRATA])

# Of a pair only what the board asks for: pairs that it never held would be many.
_STEPS: Final = """
    select
        measure, drug, event_level, event, litigation_set, quarter_no,
        sex || ' ' || age_band as stratum, cast(sum(step) as bigint) as step
    from counts.trait_step as trait_step
    where measure <> 'a' or exists (
        select 1
        from signals.screened as screened
        where screened.is_screened
            and screened.drug = trait_step.drug
            and screened.event_level = trait_step.event_level
            and screened.event = trait_step.event
    )
    group by all
"""


def check_age_sex(con: warehouse.Connection) -> pa.Table:
    """Say of each row of the board whether it holds with age and sex alike.

    Returns
    -------
    pyarrow.Table
        Columns of ``signals.pair_check``: ``value`` the Mantel-Haenszel reporting odds
        ratio of comparator A over age band and sex, as ``api.adjusted.ror_age_sex`` at
        the latest quarter; ``of_n`` the reports of the pair that state both.
    """
    board = board_rows(con)
    counts = RunningCounts(warehouse.query_frame(con, _STEPS), board, strata=_STRATA)
    value = np.zeros(len(board))
    n_known, n = (np.zeros(len(board), np.int64) for _ in range(2))
    # Quarter by quarter, so that the cells of all strata need little room.
    for places in board.groupby("quarter_no").indices.values():
        rows = np.asarray(places, dtype=np.int64)
        value[rows], n_known[rows], n[rows] = _adjusted(
            counts.cells(rows), board["sex"].iloc[rows]
        )
    return checked(
        board,
        "age_sex",
        outcome=holds_by_age_and_sex(value, n_known),
        value=value,
        of_n=n_known,
        words=[
            _words(*figures)
            for figures in zip(
                value.tolist(), n_known.tolist(), n.tolist(), board["sex"], strict=True
            )
        ],
    )


def _adjusted(
    cells: tuple[Counts, Counts, Counts, Counts], sex_of: pd.Series
) -> tuple[Floats, Counts, Counts]:
    """Ratio, reports of the pair that state age and sex, and all of its reports."""
    # Of an event of one sex the reports of the others are in no stratum.
    judged = np.zeros(cells[0].shape, dtype=bool)
    for sex, sexes in SEXES.items():
        is_in = [stratum.split()[0] in sexes for stratum in _STRATA]
        judged[(sex_of == sex).to_numpy()] = is_in
    a, b, c, d = (np.where(judged, cell, 0) for cell in cells)
    return (
        mantel_haenszel_ror(a, b, c, d).point,
        a[:, _IS_STATED].sum(axis=1),
        a.sum(axis=1),
    )


def _words(value: float, n_known: int, n: int, sex: str) -> str:
    of_whom = "the pair" if sex == "all" else f"the pair in {_PERSONS[sex]}"
    stated = f"{n_known if n_known else 'none'} of {counted(n)} of {of_whom}"
    stated += " states age and sex" if n_known < 2 else " state age and sex"
    if n_known < MIN_REPORTS:
        return f"{stated}; judged from {MIN_REPORTS} on"
    if np.isnan(value):
        return f"{stated}; no age band and sex has others to compare with"
    return f"reporting odds ratio {figure(value)} over age band and sex; {stated}"


_PERSONS: Final = {"female": "women", "male": "men"}
