"""When a pair first crossed, on the evidence as it was known at each quarter."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd

from pvsignal.quarter import Quarter

KEY = ["drug", "event"]


def first_crossings(history: pd.DataFrame, quarters: list[int]) -> pd.DataFrame:
    """First quarter in which each pair crossed and still did in the next.

    A pair crosses in a quarter where A gives its part and B or C theirs
    (`pvsignal.signals.rules.crosses`).

    Parameters
    ----------
    history
        ``comparator``, ``drug``, ``event``, ``quarter_no``, ``crosses``; one row per
        pair, comparator and held quarter.
    quarters
        Ordinals of the held quarters, ascending.

    Returns
    -------
    pandas.DataFrame
        ``drug``, ``event``, ``first_crossing`` (``2024q1`` or None) and
        ``crossing_state``: ``held``; ``provisional`` (crossed in the latest quarter,
        the next is not known); ``none``; or ``not computed`` for all pairs where held
        quarters have holes, because "the next quarter" needs an unbroken series.
    """
    pairs = history[KEY].drop_duplicates().sort_values(KEY, ignore_index=True)
    if not _is_unbroken(quarters):
        return pairs.assign(first_crossing=None, crossing_state="not computed")
    flagged = history[history["crosses"]]
    in_a = flagged.loc[flagged["comparator"] == "A", [*KEY, "quarter_no"]]
    in_other = flagged.loc[flagged["comparator"] != "A", [*KEY, "quarter_no"]]
    crossed = in_a.merge(in_other.drop_duplicates(), on=[*KEY, "quarter_no"])
    after = crossed.assign(quarter_no=crossed["quarter_no"] - 1)
    held = crossed.merge(after, on=[*KEY, "quarter_no"])
    first_held = held.groupby(KEY)["quarter_no"].min().rename("held_no")
    latest = quarters[-1] if quarters else 0
    provisional = crossed[crossed["quarter_no"] == latest].set_index(KEY)["quarter_no"]
    table = pairs.join(first_held, on=KEY).join(
        provisional.rename("provisional_no"), on=KEY
    )
    ordinal = table["held_no"].fillna(table["provisional_no"])
    return pairs.assign(
        first_crossing=pd.Series(
            [
                None if pd.isna(no) else str(Quarter.from_ordinal(int(no)))
                for no in ordinal
            ],
            dtype=object,
        ),
        crossing_state=[
            "held" if not pd.isna(h) else "provisional" if not pd.isna(p) else "none"
            for h, p in zip(table["held_no"], table["provisional_no"], strict=True)
        ],
    )


def _is_unbroken(quarters: list[int]) -> bool:
    return all(later - earlier == 1 for earlier, later in pairwise(quarters))
