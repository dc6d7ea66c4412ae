"""MaxSPRT of each pair, quarter by quarter, on reports as they looked at first."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from pvsignal import warehouse
from pvsignal.analysis import Analysis, Surveillance
from pvsignal.quarter import Quarter
from pvsignal.stats import maxsprt_spending_boundary, stratified_expected
from pvsignal.stats.sequential import poisson_llr

FloatArray = npt.NDArray[np.float64]

_PAIR: Final = ["drug_level", "drug", "event_level", "event"]


def score_surveillance(con: warehouse.Connection, analysis: Analysis) -> None:
    """Store the looks at every pair and where it stands after the last one.

    ``signals.surveillance_look`` holds each look from the first case of the pair on,
    ``signals.surveillance`` a row for each pair, those without a case too. The latter
    is empty where held quarters have a hole between them: what a look after it would
    have shown is not known.
    """
    cells = warehouse.query_frame(
        con,
        "select * from counts.entry_cell order by drug, event_level, event, quarter_no",
    )
    looks = looked_at(cells, analysis.surveillance)
    held = warehouse.query_rows(
        con,
        "select max(held.quarter_no) = max(unbroken.quarter_no) as is_unbroken "
        "from cases.held_quarter as held "
        "left join counts.unbroken_quarter as unbroken "
        "on held.quarter_no = unbroken.quarter_no",
    )
    latest = looks.groupby("pair", sort=False).tail(1)
    if not held[0]["is_unbroken"]:
        latest = latest.head(0)
    _store(con, "signals.surveillance", latest.drop(columns=["pair", "quarter_no"]))
    _store(
        con,
        "signals.surveillance_look",
        looks.loc[
            looks["cases"] > 0,
            [
                *_PAIR,
                "quarter_no",
                "quarter",
                "looks_used",
                "cases",
                "expected",
                "llr",
                "critical_value",
                "cases_needed",
                "error_spent",
                "sdr_maxsprt",
            ],
        ],
    )


def looked_at(cells: pd.DataFrame, plan: Surveillance) -> pd.DataFrame:
    """Cumulative cases, expected count and boundary of each look of the plan.

    Parameters
    ----------
    cells
        ``counts.entry_cell``, in the order of pairs and quarters.
    plan
        Looks, level and fewest cases.

    Returns
    -------
    DataFrame
        One row a pair and look; `pair` numbers the pairs.
    """
    look = (cells["quarter_no"] - cells["first_quarter_no"] + 1).to_numpy()
    within = look <= plan.looks
    looks = cells.loc[within].reset_index(drop=True)
    looks["looks_used"] = look[within]
    looks["pair"] = (looks["looks_used"] == 1).cumsum()
    # With the quarter of entry as the one stratum a quarter without reports adds 0.
    of_quarter = stratified_expected(
        *(looks[name].to_numpy()[:, np.newaxis] for name in ("n_drug", "n_event", "n"))
    )
    _add_boundaries(looks, of_quarter, plan)
    running = looks.groupby("pair", sort=False)
    looks["cases"] = running["a"].cumsum()
    looks["n_retracted"] = running["n_retracted"].cumsum()
    looks["llr"] = poisson_llr(looks["cases"], looks["expected"])
    flagged = looks["cases"] >= looks["cases_needed"]
    looks["sdr_maxsprt"] = flagged.groupby(looks["pair"]).cummax()
    looks["quarter"] = _quarters(looks["quarter_no"])
    looks["first_quarter"] = _quarters(looks["first_quarter_no"])
    first = looks["quarter"].where(flagged).groupby(looks["pair"]).transform("first")
    looks["first_flag"] = first.where(looks["sdr_maxsprt"])
    looks["plan_ended"] = looks["looks_used"] == plan.looks
    return looks[
        [
            "pair",
            *_PAIR,
            "quarter_no",
            "quarter",
            "first_quarter",
            "looks_used",
            "plan_ended",
            "cases",
            "expected",
            "llr",
            "cases_needed",
            "critical_value",
            "error_spent",
            "sdr_maxsprt",
            "first_flag",
            "n_retracted",
        ]
    ]


def _add_boundaries(
    looks: pd.DataFrame, of_quarter: FloatArray, plan: Surveillance
) -> None:
    """Cumulative expected count and boundary of every look, pair by pair."""
    needed = np.zeros(len(looks), dtype=np.int64)
    expected, critical, spent = (np.zeros(len(looks)) for _ in range(3))
    starts = np.flatnonzero(looks["looks_used"].to_numpy() == 1)
    for start, end in pairwise(np.append(starts, len(looks))):
        # A plain running sum: one that compensates for rounding, as that of pandas,
        # can fall by a hair.
        expected[start:end] = np.cumsum(of_quarter[start:end])
        boundary = maxsprt_spending_boundary(
            plan.alpha,
            expected[start:end],
            looks=plan.looks,
            min_cases=plan.min_cases,
        )
        needed[start:end] = boundary.cases_needed
        critical[start:end] = boundary.critical_value
        spent[start:end] = boundary.error_spent
    looks["expected"] = expected
    looks["cases_needed"] = needed
    looks["critical_value"] = critical
    looks["error_spent"] = spent


def _quarters(numbers: pd.Series) -> pd.Series:
    """Quarters as text of their numbers."""
    names = {int(n): str(Quarter.from_ordinal(int(n))) for n in numbers.unique()}
    return numbers.map(names).astype("string")


def _store(con: warehouse.Connection, name: str, frame: pd.DataFrame) -> None:
    """Store a frame; text that is missing stays NULL."""
    warehouse.load_arrow(con, name, pa.Table.from_pandas(frame, preserve_index=False))
