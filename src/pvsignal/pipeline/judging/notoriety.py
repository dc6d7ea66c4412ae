"""Check (d): recent cases of the pairs of the board against dates of notoriety."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from pvsignal import warehouse
from pvsignal.signals import notoriety

CHECK_ID: Final = "notoriety"

_SCHEMA: Final = pa.schema(
    [
        ("drug", pa.string()),
        ("event", pa.string()),
        ("quarter_no", pa.int16()),
        ("check_id", pa.string()),
        ("outcome", pa.string()),
        ("value", pa.float64()),
        ("of_n", pa.int64()),
        ("words", pa.string()),
    ]
)
_BOARD: Final = """
    select drug, event, quarter_no
    from signals.screened
    where is_screened
    order by drug, event, quarter_no
"""
_DATES: Final = """
    select
        concerned.drug, date_no, dated.first_no, dated.last_no, dated.date_text,
        dated.ingredient, dated.what
    from codelists.notoriety_drug as concerned
    inner join codelists.notoriety_date as dated using (date_no)
    order by concerned.drug, date_no
"""
_KEY: Final = ["drug", "event", "quarter_no"]


def check_notoriety(
    con: warehouse.Connection, first_crossing: pd.DataFrame
) -> pa.Table:
    """Judge of each row of the board whether its cases follow a date of notoriety.

    Parameters
    ----------
    con
        Warehouse with ``signals.screened``.
    first_crossing
        ``drug``, ``event``, ``quarter_no``, ``first_crossing_no``: quarter of the
        first crossing as known by ``quarter_no``, missing without one. Rows that are
        absent have none; rows beside the board are not looked at.

    Returns
    -------
    pyarrow.Table
        ``drug``, ``event``, ``quarter_no``, ``check_id``, ``outcome``, ``value``
        (share of the recent cases that came in the year after one date), ``of_n``
        (recent cases) and ``words``; one row per row of ``signals.screened`` that is
        screened.
    """
    warehouse.run_models(con, ["notoriety"], values={})
    board = warehouse.query_frame(con, _BOARD)
    known = first_crossing[[*_KEY, "first_crossing_no"]].drop_duplicates(_KEY)
    board = board.merge(known, on=_KEY, how="left")
    steps = warehouse.query_frame(con, "from signals.recent_step")
    dates = warehouse.query_frame(con, _DATES)
    rows = [
        row
        for drug, own in board.groupby("drug", sort=True)
        for row in _judged(
            own, steps[steps["drug"] == drug], dates[dates["drug"] == drug]
        )
    ]
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def _judged(
    board: pd.DataFrame, steps: pd.DataFrame, dates: pd.DataFrame
) -> list[dict[str, object]]:
    """Outcomes of the rows of one drug."""
    events = pd.Index(board["event"].unique())
    numbers = np.array([0, *dates["date_no"]])
    quarters = board["quarter_no"].to_numpy(dtype=np.int64)
    first = int(quarters.min())
    counts = _running(
        steps[steps["event"].isin(events)],
        events=events,
        numbers=numbers,
        span=(first, int(quarters.max())),
    )
    at_event = events.get_indexer(pd.Index(board["event"]))
    found = counts[at_event, :, quarters - first]
    listed = dates.to_dict("records")
    rows: list[dict[str, object]] = []
    for place, row in enumerate(board.to_dict("records")):
        follows = [
            notoriety.Follow(
                first_no=int(date["first_no"]),
                date_text=str(date["date_text"]),
                ingredient=str(date["ingredient"]),
                what=str(date["what"]),
                n_cases=int(found[place, number]),
            )
            for number, date in enumerate(listed, start=1)
            if date["last_no"] <= row["quarter_no"]
        ]
        crossed = row["first_crossing_no"]
        is_known = not pd.isna(crossed) and crossed <= row["quarter_no"]
        judged = notoriety.check(
            int(found[place, 0]),
            follows,
            first_crossing_no=int(crossed) if is_known else None,
        )
        key = {name: row[name] for name in _KEY}
        rows.append(key | {"check_id": CHECK_ID} | vars(judged))
    return rows


def _running(
    steps: pd.DataFrame,
    *,
    events: pd.Index,
    numbers: npt.NDArray[np.int64],
    span: tuple[int, int],
) -> npt.NDArray[np.int64]:
    """Cases by event, date and quarter of the span, from steps up to its end."""
    first, last = span
    counts = np.zeros((len(events), len(numbers), last - first + 1), dtype=np.int64)
    early = steps[steps["quarter_no"] <= last]
    places = (
        events.get_indexer(pd.Index(early["event"])),
        np.searchsorted(numbers, early["date_no"].to_numpy()),
        np.maximum(early["quarter_no"].to_numpy(dtype=np.int64) - first, 0),
    )
    np.add.at(counts, places, early["step"].to_numpy(dtype=np.int64))
    running: npt.NDArray[np.int64] = counts.cumsum(axis=2)
    return running
