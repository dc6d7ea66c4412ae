"""Check ``markers``: markers of more intensive looking do not rise as much."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from pvsignal import warehouse
from pvsignal.pipeline.judging.check_rows import board_rows, checked, counted, figure
from pvsignal.signals.unexplained import (
    MIN_REPORTS,
    rises_as_much,
)
from pvsignal.signals.verdicts import FAILS, NOT_APPLICABLE, PASSES

# Leads (masses, nodules) are left out: they may be the neoplasm before its name is
# known, and rise with it.
_KINDS: Final = {
    "benign": "benign markers",
    "premalignant": "premalignant markers",
    "test": "tests",
}

_CONTRASTS: Final = """
    select
        drug, event_level, event, quarter_no, a_recent,
        coalesce(ratio, cast('nan' as double)) as ratio, is_rising
    from signals.contrast
    where comparator = 'A' and event_level in ('group', 'supergroup', 'marker')
"""

_KEY: Final = ["drug", "event", "quarter_no"]


def check_markers(con: warehouse.Connection) -> pa.Table:
    """Say of each row of the board whether markers of its event rise as much.

    Returns
    -------
    pyarrow.Table
        Columns of ``signals.pair_check``: ``value`` the ratio of the marker that rises
        as much as the pair, or of the one with the largest ratio (``api.contrasts``,
        comparator A), ``of_n`` its recent reports.
    """
    board = board_rows(con)
    listed = warehouse.query_frame(
        con, "select event from cohort.event where event_level = 'marker'"
    )
    contrasts = warehouse.query_frame(con, _CONTRASTS)
    is_marker = contrasts["event_level"] == "marker"
    found = _of_board(board, contrasts[is_marker], contrasts[~is_marker])
    # The marker that decides stands first; one without a ratio decides nothing.
    found = found.sort_values(
        ["row", "is_as_much", "ratio", "kind"], ascending=[True, False, False, True]
    )
    first = found[found["ratio"].notna()].drop_duplicates("row")
    rows = first["row"].to_numpy()
    outcome = np.full(len(board), NOT_APPLICABLE, dtype=object)
    outcome[rows] = np.where(first["is_as_much"], FAILS, PASSES)
    value = np.full(len(board), np.nan)
    value[rows] = first["ratio"]
    of_n = np.zeros(len(board), dtype=np.int64)
    of_n[rows] = first["a_recent"]
    return checked(
        board,
        "markers",
        outcome=outcome.astype(str),
        value=value,
        of_n=of_n,
        has_count=np.isin(np.arange(len(board)), rows),
        words=_words(
            board,
            found,
            watched={_watched(event)[0] for event in listed["event"]},
            compared=_quarters_compared(con),
        ),
    )


def _quarters_compared(con: warehouse.Connection) -> set[int]:
    """Quarters for which recent reports are held against earlier ones."""
    rows = warehouse.query_rows(
        con, "select quarter_no from counts.unbroken_quarter where span_no > 8"
    )
    return {int(row["quarter_no"]) for row in rows}


def _watched(marker: str) -> tuple[str, str]:
    """Event that a marker stands beside, and kind of the marker."""
    event, _, kind = marker.partition(":")[2].rpartition(":")
    return event, kind


def _of_board(
    board: pd.DataFrame, markers: pd.DataFrame, pairs: pd.DataFrame
) -> pd.DataFrame:
    """Markers of each row of the board, ``row`` its place, with the pair's ratio."""
    named = [_watched(event) for event in markers["event"]]
    markers = markers.assign(
        event=pd.Series([event for event, _ in named], markers.index, dtype=str),
        kind=pd.Series([kind for _, kind in named], markers.index, dtype=str),
    )
    rows = board[_KEY].assign(row=np.arange(len(board)))
    of_pair = pairs[[*_KEY, "ratio"]].rename(columns={"ratio": "ratio_of_pair"})
    found = rows.merge(markers[markers["kind"].isin([*_KINDS])], on=_KEY)
    found = found.merge(of_pair, on=_KEY, how="left")
    return found.assign(
        is_as_much=rises_as_much(
            found["is_rising"].to_numpy(bool),
            found["ratio"].to_numpy(float),
            ratio_of_pair=found["ratio_of_pair"].to_numpy(float),
        )
    )


def _words(
    board: pd.DataFrame,
    found: pd.DataFrame,
    *,
    watched: set[str],
    compared: set[int],
) -> Sequence[str]:
    """What is said of each row of the board."""
    told: dict[int, list[str]] = {}
    columns = ("row", "kind", "ratio", "a_recent", "is_rising")
    for row, kind, ratio, n, is_rising in zip(
        *(found[name] for name in columns), strict=True
    ):
        rising = ", rising" if is_rising else ""
        told.setdefault(row, []).append(
            f"{_KINDS[kind]} {_ratio(ratio)} ({counted(n)}{rising})"
        )
    of_pair = dict(zip(found["row"], found["ratio_of_pair"], strict=True))
    words = []
    for place, (event, quarter) in enumerate(
        zip(board["event"], board["quarter_no"], strict=True)
    ):
        if place in told:
            words.append(
                "last eight quarters against the time before: "
                f"{', '.join(told[place])}; the pair {_ratio(of_pair[place])}"
            )
        elif event not in watched:
            words.append("no marker of this event is listed")
        elif quarter not in compared:
            words.append("judged from the ninth quarter of an unbroken series on")
        else:
            words.append(f"no marker has {MIN_REPORTS} recent reports with the drug")
    return words


def _ratio(value: float) -> str:
    return "without a ratio" if np.isnan(value) else figure(value)
