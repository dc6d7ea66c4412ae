"""When a class crosses as a class, and not as its largest member under another name."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Flags = NDArray[np.bool_]

MIN_MEMBERS: Final = 2
_KEY: Final = ["drug", "event_level", "event", "quarter_no"]


def members_of(cells: pd.DataFrame, *, min_reports: int) -> pd.DataFrame:
    """Largest member of each class and how many have enough reports.

    Parameters
    ----------
    cells
        ``drug`` (the class), ``event_level``, ``event``, ``quarter_no``, ``member`` and
        ``a``, the member's own reports with the event in A.
    min_reports
        Reports that a member needs to be counted.

    Returns
    -------
    pandas.DataFrame
        The key, ``member`` (most reports; of several the first by name) and
        ``n_members``, one row a class, event and quarter.

    Examples
    --------
    >>> key = {"drug": "class:x", "event_level": "group", "event": "e"}
    >>> key["quarter_no"] = 8060
    >>> cells = [{**key, "member": m, "a": a} for m, a in [("p", 3), ("q", 5)]]
    >>> cells = pd.DataFrame(cells)
    >>> members_of(cells, min_reports=3)[["member", "n_members"]].values.tolist()
    [['q', 2]]
    """
    ordered = cells.sort_values(["a", "member"], ascending=[False, True])
    largest = ordered.drop_duplicates(_KEY)[[*_KEY, "member"]]
    enough = cells[cells["a"] >= min_reports].groupby(_KEY).size()
    joined = largest.join(enough.rename("n_members"), on=_KEY)
    counted = joined["n_members"].fillna(0).astype(np.int64)
    return joined.assign(n_members=counted).sort_values(_KEY, ignore_index=True)


def holds(crosses: Flags, n_members: NDArray[np.int64], without: Flags) -> Flags:
    """Tell which class crossings are of the class.

    Parameters
    ----------
    crosses
        Whether the class crosses.
    n_members
        Members with enough reports of the event.
    without
        Whether it crosses without the reports that name only the largest member.
    """
    return crosses & (n_members >= MIN_MEMBERS) & without
