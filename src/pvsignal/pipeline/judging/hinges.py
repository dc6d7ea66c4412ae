"""Whether a crossing hinges on one reference therapy or one litigated drug."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from pvsignal import warehouse
from pvsignal.analysis import Analysis, Thresholds
from pvsignal.pipeline.judging.recount import (
    PAIR,
    Change,
    Known,
    YearMargins,
    board_rows,
    checked,
    recount,
)
from pvsignal.signals.hinges import (
    NOT_CROSSING,
    Flags,
    Recount,
    Recounted,
    judge_hinges,
)

_AT_ONCE: Final = 100_000

Recounts = dict[int, list[Recount]]


def check_hinges(con: warehouse.Connection, analysis: Analysis) -> pa.Table:
    """Check of every board row that no single reference or litigated drug carries it.

    Parameters
    ----------
    con
        Warehouse with statistics and ``signals.screened``.
    analysis
        Gives the thresholds.

    Returns
    -------
    pyarrow.Table
        One row a board row, with ``check_id`` ``hinges`` and the columns of
        `pvsignal.pipeline.judging.recount.checked`.
    """
    warehouse.run_models(con, ["hinges"], values={})
    limits = analysis.thresholds
    rows = board_rows(con)
    crossing = rows[rows["crosses"]]
    needs_c = (rows["by_c"] & ~rows["by_b"]).to_numpy(bool)
    without = _without_references(con, rows[rows["crosses"] & needs_c], limits)
    put_back = _with_litigated(con, crossing, limits)
    a = rows["a_a"].to_numpy(np.int64)
    is_litigated = (rows["litigation_set"] != "").to_numpy(bool)
    judgements = [NOT_CROSSING] * len(rows)
    for place in crossing.index:
        judgements[place] = judge_hinges(
            int(a[place]),
            needs_c=bool(needs_c[place]),
            is_litigated=bool(is_litigated[place]),
            without=without.get(place, []),
            put_back=put_back.get(place, []),
        )
    return checked(rows, judgements, check_id="hinges")


def _without_references(
    con: warehouse.Connection, rows: pd.DataFrame, limits: Thresholds
) -> Recounts:
    """Recounts of C without each reference therapy, by place of the board row."""
    steps = warehouse.query_frame(con, "select * from signals.sole_reference_step")
    known = Known(steps, ["measure", *PAIR, "litigation_set", "therapy"])
    therapies = steps[["drug", "therapy"]].drop_duplicates()
    found: Recounts = {}
    for tried in _combinations(rows, therapies.rename(columns={"therapy": "name"})):
        named = tried.assign(therapy=tried["name"])
        no_event = {"measure": "n", "event_level": "", "event": ""}
        n = known.at(named, litigation_set="", **no_event)
        is_left = named["litigation_set"].to_numpy() != ""
        n[is_left] -= known.at(named[is_left], **no_event)
        n_event = known.at(named, measure="n_event", litigation_set="")
        none = np.zeros_like(n)
        change = Change(a=none, n_drug=none, n_event=-n_event, n=-n)
        _keep(found, tried[n > 0], recount(tried, {"C": change}, None), n > 0, limits)
    return found


def _with_litigated(
    con: warehouse.Connection, rows: pd.DataFrame, limits: Thresholds
) -> Recounts:
    """Recounts with each litigated ingredient put back, by place of the board row."""
    steps = warehouse.query_frame(con, "select * from signals.sole_litigated_step")
    margins = YearMargins(con)
    keys = ["measure", *PAIR, "litigation_set", "ingredient"]
    known = {
        comparator: Known(
            steps[steps["comparator"] == comparator],
            keys,
            years=margins.years if comparator == "A" else None,
        )
        for comparator in "ABC"
    }
    ingredients = steps[["litigation_set", "ingredient"]].drop_duplicates()
    found: Recounts = {}
    for tried in _combinations(
        rows, ingredients.rename(columns={"ingredient": "name"})
    ):
        named = tried.assign(ingredient=tried["name"])
        changes = {x: _put_back(known[x], named, x) for x in "ABC"}
        is_changed = changes["A"].n.sum(axis=1) > 0
        recounted = recount(tried, changes, margins)
        _keep(found, tried[is_changed], recounted, is_changed, limits)
    return found


def _put_back(known: Known, rows: pd.DataFrame, comparator: str) -> Change:
    """Reports that come to the cells; those of a population have a drug in C only."""
    population = {} if comparator == "C" else {"drug": ""}
    no_event = {"event_level": "", "event": ""}
    return Change(
        a=known.at(rows, measure="a"),
        n_drug=known.at(rows, measure="n_drug", **no_event),
        n_event=known.at(rows, measure="n_event", **population),
        n=known.at(rows, measure="n", **no_event, **population),
    )


def _combinations(rows: pd.DataFrame, names: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Rows with each name that belongs to them, some at a time; index as before."""
    placed = rows.assign(place=rows.index)
    on = [column for column in names.columns if column != "name"]
    every = placed.merge(names, on=on).set_index("place")
    for start in range(0, len(every), _AT_ONCE):
        yield every.iloc[start : start + _AT_ONCE]


def _keep(
    found: Recounts,
    tried: pd.DataFrame,
    recounted: Recounted,
    is_changed: Flags,
    limits: Thresholds,
) -> None:
    """Add the recounts in which a report came or left to those of their rows."""
    columns = (
        recounted.crosses(limits),
        recounted.clearance(limits),
        recounted.ic025_year,
        recounted.ror_low_b,
        recounted.ror_low_c,
    )
    values = zip(*(column[is_changed].tolist() for column in columns), strict=True)
    for place, name, limit in zip(tried.index, tried["name"], values, strict=True):
        found.setdefault(int(place), []).append(Recount(name, *limit))
