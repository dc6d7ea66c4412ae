"""Check ``onset``: less than half of the known onsets lie within 90 days."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from pvsignal import warehouse
from pvsignal.pipeline.judging.check_rows import board_rows, checked, counted
from pvsignal.pipeline.judging.running import RunningCounts
from pvsignal.signals.unexplained import MIN_REPORTS, comes_late_enough
from pvsignal.stats import onset_sides

BORDER_DAYS: Final = 90

_SIDES: Final = ("before start", "under", "either side", "beyond", "not dated")

_SPANS: Final = """
    select
        span.drug, span.event_level, span.event, span.known_from, span.known_until,
        cast(span.low_days as double) as low_days,
        cast(span.high_days as double) as high_days
    from counts.onset_span as span
    where exists (
        select 1
        from signals.screened as screened
        where screened.is_screened
            and screened.drug = span.drug
            and screened.event_level = span.event_level
            and screened.event = span.event
    )
"""


def check_onset(con: warehouse.Connection) -> pa.Table:
    """Say of each row of the board whether its onsets lie late enough.

    Returns
    -------
    pyarrow.Table
        Columns of ``signals.pair_check``: ``value`` the share of onsets before day 90,
        as ``api.onset.share_under_90`` at the latest quarter; ``of_n`` the reports of
        which the side of day 90 is known. Events before the start are no onsets.
    """
    board = board_rows(con)
    counts = RunningCounts(
        _steps(warehouse.query_frame(con, _SPANS)), board, strata=_SIDES
    )
    known = counts.of("a", np.arange(len(board)))
    side = dict(zip(_SIDES, known.T, strict=True))
    n_early = side["under"]
    n_known = n_early + side["beyond"]
    share = np.divide(
        n_early, n_known, out=np.full(len(board), np.nan), where=n_known > 0
    )
    return checked(
        board,
        "onset",
        outcome=comes_late_enough(n_early, n_known),
        value=share,
        of_n=n_known,
        words=[
            _words(*figures)
            for figures in zip(
                n_early,
                n_known,
                side["either side"],
                side["before start"],
                side["not dated"],
                strict=True,
            )
        ],
    )


def _steps(spans: pd.DataFrame) -> pd.DataFrame:
    """Change of the reports on each side of the border, where they begin and end."""
    sides = onset_sides(
        spans["low_days"].to_numpy(), spans["high_days"].to_numpy(), BORDER_DAYS
    )
    came = spans.assign(
        measure="a",
        litigation_set="",
        stratum=np.select(
            [sides.is_before_start, sides.is_under, sides.is_unknown, sides.is_beyond],
            _SIDES[:-1],
            default=_SIDES[-1],
        ),
        quarter_no=spans["known_from"],
        step=1,
    )
    went = came[spans["known_until"].notna()]
    went = went.assign(quarter_no=went["known_until"], step=-1)
    return pd.concat([came, went], ignore_index=True)


def _words(
    n_early: int, n_known: int, n_either: int, n_before: int, n_missing: int
) -> str:
    words = f"{n_early} of {counted(n_known, 'case')} with known onset"
    words += " lies" if n_early == 1 else " lie"
    words += f" within {BORDER_DAYS} days"
    if n_known < MIN_REPORTS:
        words = (
            f"{counted(n_known, 'case')} with known onset; judged from {MIN_REPORTS} on"
        )
    apart = [
        f"{n} {what}"
        for n, what in (
            (n_either, f"on either side of day {BORDER_DAYS}"),
            (n_before, "before the start"),
            (n_missing, "without dates"),
        )
        if n
    ]
    return "; ".join([words, *apart])
