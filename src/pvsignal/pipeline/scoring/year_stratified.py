"""Expected counts and IC of comparator A, stratified by year of receipt, over time."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from pvsignal import warehouse
from pvsignal.analysis import Thresholds
from pvsignal.pipeline.scoring.columns import defined
from pvsignal.signals import rules
from pvsignal.stats import information_component, stratified_expected

IntArray = npt.NDArray[np.int64]

_PAIRS: Final = """
    select
        cell.drug_level, cell.drug, cell.event_level, cell.event, event.litigation_set,
        cell.quarter_no, held_quarter.quarter, cell.a
    from counts.cell as cell
    inner join cohort.event as event
        on cell.event_level = event.event_level and cell.event = event.event
    inner join cases.held_quarter as held_quarter
        on cell.quarter_no = held_quarter.quarter_no
    where cell.variant = 'primary' and cell.comparator = 'A'
        and cell.event_level <> 'pt'
    order by cell.quarter_no, cell.drug, cell.event_level, cell.event
"""


def score_year_stratified(con: warehouse.Connection, limits: Thresholds) -> None:
    """Store the year-stratified IC of each pair and quarter.

    The table ``signals.year_stratified`` has the grid of comparator A of the primary
    variant, without preferred terms.
    """
    pairs = warehouse.query_frame(con, _PAIRS)
    steps = warehouse.query_frame(con, "select * from counts.year_step")
    expected = expected_by_year(pairs, steps)
    ic = information_component(pairs["a"].to_numpy(), expected)
    kept = ["drug_level", "drug", "event_level", "event", "quarter_no", "quarter", "a"]
    table = pa.Table.from_pandas(pairs[kept], preserve_index=False)
    for name, values in {
        "expected_year": expected,
        "ic_year": ic.ic,
        "ic025_year": ic.ic025,
        "ic975_year": ic.ic975,
    }.items():
        table = table.append_column(name, defined(values))
    flags = rules.sdr_ic(ic.ic025, limits=limits)
    table = table.append_column("sdr_ic_year", defined(flags))
    warehouse.load_arrow(con, "signals.year_stratified", table)


def expected_by_year(
    pairs: pd.DataFrame, steps: pd.DataFrame
) -> npt.NDArray[np.float64]:
    """Expected count of each pair at its quarter, summed over years of receipt.

    Parameters
    ----------
    pairs
        Rows of drug, event, litigation set and quarter, in the order of the quarters.
    steps
        Change of the margins as in ``counts.year_step``.

    Returns
    -------
    ndarray
        One expected count a row of `pairs`, in reports.
    """
    years = np.unique(steps["received_year"].to_numpy())
    quarters = np.unique(
        np.concatenate([pairs["quarter_no"], steps["quarter_no"]]).astype(np.int64)
    )
    margin = _Margins(steps, quarters=quarters, years=years)
    expected = np.zeros(len(pairs))
    quarter_of = np.searchsorted(quarters, pairs["quarter_no"].to_numpy())
    # Names are compared once, not for each set and quarter.
    drug_of, drugs = pd.factorize(pairs["drug"])
    event_of, events = pd.factorize(_event_name(pairs))
    set_of, sets = pd.factorize(pairs["litigation_set"])
    for code, litigation_set in enumerate(sets):
        rows = np.flatnonzero(set_of == code)
        own_drugs, drug = np.unique(drug_of[rows], return_inverse=True)
        own_events, event = np.unique(event_of[rows], return_inverse=True)
        n = margin.of("n", [""], litigation_set)[0]
        n_drug = margin.of("n_drug", list(drugs[own_drugs]), litigation_set)
        n_event = margin.of("n_event", list(events[own_events]), "")
        for quarter in np.unique(quarter_of[rows]):
            # Years that no report of the time has are left out: they add nothing, and
            # with them the last digit would depend on what came later.
            known = n[quarter] > 0
            grid = stratified_expected(
                n_drug[:, np.newaxis, quarter, known],
                n_event[np.newaxis, :, quarter, known],
                n[quarter, known],
            )
            at = np.flatnonzero(quarter_of[rows] == quarter)
            expected[rows[at]] = grid[drug[at], event[at]]
    return expected


def _event_name(frame: pd.DataFrame) -> pd.Series:
    """Level and name of events as one text."""
    name: pd.Series = frame["event_level"] + "\n" + frame["event"]
    return name


class _Margins:
    """Running sums of the steps, as arrays by quarter and year of receipt."""

    def __init__(
        self, steps: pd.DataFrame, *, quarters: IntArray, years: IntArray
    ) -> None:
        is_event = steps["measure"] == "n_event"
        # A margin of a drug is named by the drug, that of an event by level and name.
        name = steps["drug"].where(~is_event, _event_name(steps))
        key = pd.MultiIndex.from_arrays(
            [steps["measure"], name, steps["litigation_set"]]
        )
        codes, self._lines = pd.factorize(key)
        change = np.zeros((len(self._lines), len(quarters), len(years)), dtype=np.int64)
        at = (
            codes,
            np.searchsorted(quarters, steps["quarter_no"].to_numpy()),
            np.searchsorted(years, steps["received_year"].to_numpy()),
        )
        np.add.at(change, at, steps["step"].to_numpy())
        self._known = change.cumsum(axis=1)

    def of(self, measure: str, names: list[str], litigation_set: str) -> IntArray:
        """Margins of names, less what leaves for a litigation set.

        Returns
        -------
        ndarray
            Reports, of shape (names, quarters, years); 0 of what is in no report.
        """
        whole = self._lines_of(measure, names, "")
        if not litigation_set:
            return whole
        return whole - self._lines_of(measure, names, litigation_set)

    def _lines_of(
        self, measure: str, names: list[str], litigation_set: str
    ) -> IntArray:
        wanted = pd.MultiIndex.from_product([[measure], names, [litigation_set]])
        place = self._lines.get_indexer(wanted)
        found = self._known[place]
        found[place < 0] = 0
        return found
