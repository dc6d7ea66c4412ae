"""The states of every pair that was ever on the board, replayed over all quarters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from pvsignal import warehouse
from pvsignal.signals import states

Flags = npt.NDArray[np.bool_]

KEY: Final = ["drug", "event", "quarter_no"]

_SCREENED: Final = """
    select
        screened.drug_level, screened.drug, screened.event_level, screened.event,
        screened.quarter_no, screened.a, screened.n_drug,
        coalesce(screened.by_a, false) as by_a,
        coalesce(screened.by_b, false) as by_b,
        coalesce(screened.by_c, false) as by_c,
        screened.evaluable_b, screened.evaluable_c, screened.is_screened,
        coalesce(entry.n_cases, 0) as n_entered
    from signals.screened as screened
    inner join signals.board_pair as board_pair
        on screened.drug = board_pair.drug and screened.event = board_pair.event
    left join signals.pair_entry as entry
        on screened.drug = entry.drug and screened.event = entry.event
        and screened.quarter_no = entry.quarter_no
    order by screened.drug, screened.event, screened.quarter_no
"""


def screened_pairs(con: warehouse.Connection) -> pd.DataFrame:
    """Pairs that were ever on the board, at every quarter, sorted by `KEY`."""
    return warehouse.query_frame(con, _SCREENED)


@dataclass(frozen=True)
class Crossing:
    """What each row of `screened_pairs` says of a crossing; shape (rows,).

    Attributes
    ----------
    crosses
        Eligible, flagged in A, and in B or C where that one can judge the pair.
    is_provisional
        Eligible and flagged in A, but neither B nor C can be judged.
    """

    crosses: Flags
    is_provisional: Flags


def crossing(
    pairs: pd.DataFrame, eligible: Flags, *, may_be_provisional: Flags
) -> Crossing:
    """Crossings by the definition in docs/signals.md.

    Parameters
    ----------
    pairs
        As `screened_pairs`.
    eligible
        Whether the pair of each row is eligible, a class by its members too.
    may_be_provisional
        The same where A alone is asked: a class needs two members then.
    """
    by_a, elsewhere = pairs["by_a"].to_numpy(), (pairs["by_b"] | pairs["by_c"])
    judged = (pairs["evaluable_b"] | pairs["evaluable_c"]).to_numpy()
    return Crossing(
        eligible & by_a & elsewhere.to_numpy(),
        may_be_provisional & by_a & ~judged,
    )


def replayed(pairs: pd.DataFrame, crosses: Flags, quarters: list[int]) -> pd.DataFrame:
    """State and first crossing of each row.

    Parameters
    ----------
    pairs
        As `screened_pairs`; rows of a pair run to the last quarter without a hole.
    crosses
        As `Crossing.crosses`.
    quarters
        Ordinals of the held quarters, ascending and consecutive.

    Returns
    -------
    pandas.DataFrame
        ``evidence_state`` and ``first_crossing_no`` (nullable), in the order of
        `pairs`.
    """
    if pairs.empty:
        return pd.DataFrame(
            {
                "evidence_state": pd.Series(dtype=object),
                "first_crossing_no": pd.Series(dtype="Int64"),
            }
        )
    pair = pairs.groupby(["drug", "event"], sort=False).ngroup().to_numpy()
    at = pairs["quarter_no"].to_numpy() - quarters[0]
    shape = (int(pair.max()) + 1, len(quarters))

    def laid(values: Flags, default: bool) -> Flags:
        grid = np.full(shape, default)
        grid[pair, at] = values
        return grid

    history = states.replay(
        states.Evidence(
            crosses=laid(crosses, False),
            has_new_case=laid(pairs["n_entered"].to_numpy() > 0, False),
            is_low=laid(~pairs["by_a"].to_numpy(), True),
        )
    )
    first = history.first_crossing[pair, at]
    names = np.array([str(state) for state in states.ORDER], dtype=object)
    return pd.DataFrame(
        {
            "evidence_state": names[history.state[pair, at]],
            "first_crossing_no": pd.Series(
                np.where(first >= 0, first + quarters[0], -1), dtype="Int64"
            ).replace(-1, pd.NA),
        }
    )
