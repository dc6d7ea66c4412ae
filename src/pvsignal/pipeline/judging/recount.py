"""Crossings of the board, and their cells when some reports come or leave.

What changes is read as sparse steps (+1 in the quarter in which a report begins to
count, -1 in which it ends); their running sum is the change as it was known then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from pvsignal import warehouse
from pvsignal.signals.hinges import Judgement, Recounted
from pvsignal.stats import information_component, twobytwo

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

MARGINS: Final = ("a", "n_drug", "n_event", "n")
PAIR: Final = ["drug", "event_level", "event"]
_AT_ONCE: Final = 50_000
_QUARTERS: Final = 1 << 16

# One row a pair and quarter, the cells of the three comparators beside each other.
_BOARD: Final = """
    select
        screened.drug_level, screened.drug, screened.event_level, screened.event,
        event.litigation_set, screened.quarter_no, screened.quarter,
        coalesce(screened.by_a, false) as by_a, coalesce(screened.by_b, false) as by_b,
        coalesce(screened.by_c, false) as by_c,
        screened.evaluable_b, screened.evaluable_c,
        year.ic025_year,
        in_a.is_latest,
        in_a.a as a_a, in_a.n_drug as n_drug_a,
        in_b.a as a_b, in_b.n_drug as n_drug_b, in_b.n_event as n_event_b,
        in_b.n as n_b, in_b.ror_low as ror_low_b,
        coalesce(in_c.a, 0) as a_c, coalesce(in_c.n_drug, 0) as n_drug_c,
        coalesce(in_c.n_event, 0) as n_event_c, coalesce(in_c.n, 0) as n_c,
        in_c.ror_low as ror_low_c
    from signals.screened as screened
    inner join cohort.event as event
        on screened.event_level = event.event_level and screened.event = event.event
    inner join signals.year_stratified as year
        on screened.drug = year.drug and screened.event_level = year.event_level
        and screened.event = year.event and screened.quarter_no = year.quarter_no
    inner join signals.statistic as in_a
        on in_a.variant = 'primary' and in_a.comparator = 'A'
        and screened.drug = in_a.drug and screened.event_level = in_a.event_level
        and screened.event = in_a.event and screened.quarter_no = in_a.quarter_no
    inner join signals.statistic as in_b
        on in_b.variant = 'primary' and in_b.comparator = 'B'
        and screened.drug = in_b.drug and screened.event_level = in_b.event_level
        and screened.event = in_b.event and screened.quarter_no = in_b.quarter_no
    left join signals.statistic as in_c
        on in_c.variant = 'primary' and in_c.comparator = 'C'
        and screened.drug = in_c.drug and screened.event_level = in_c.event_level
        and screened.event = in_c.event and screened.quarter_no = in_c.quarter_no
    where screened.is_screened
    order by screened.drug, screened.event_level, screened.event, screened.quarter_no
"""


def board_rows(con: warehouse.Connection) -> pd.DataFrame:
    """Board rows of all quarters with their cells in A, B and C.

    Returns
    -------
    pandas.DataFrame
        ``drug_level``, ``drug``, ``event_level``, ``event``, ``litigation_set``,
        ``quarter_no``, ``quarter``, ``is_latest``, ``by_a``, ``by_b``, ``by_c``,
        ``evaluable_b``, ``evaluable_c``,
        ``crosses``, ``ic025_year``, ``ror_low_b``, ``ror_low_c`` (NaN without one),
        and the cells
        ``a_a``, ``n_drug_a``, ``a_b``, ``n_drug_b``, ``n_event_b``, ``n_b`` and those
        of C, 0 where the drug has no C; ordered by pair and quarter.
    """
    rows = warehouse.query_frame(con, _BOARD)
    rows["crosses"] = rows["by_a"] & (rows["by_b"] | rows["by_c"])
    return rows


class Known:
    """Running sums of sparse steps: how many reports of a key were known at a quarter.

    Parameters
    ----------
    steps
        The columns `keys`, ``quarter_no`` and ``step``, with `years` also
        ``received_year``.
    keys
        What names a count.
    years
        Years of receipt, ascending; None for counts over all years.
    """

    def __init__(
        self,
        steps: pd.DataFrame,
        keys: Sequence[str],
        *,
        years: IntArray | None = None,
    ) -> None:
        self._keys = list(keys)
        self._n_years = 0 if years is None else years.size
        codes, self._names = pd.factorize(pd.MultiIndex.from_frame(steps[self._keys]))
        line = codes.astype(np.int64)
        if years is not None:
            year = np.searchsorted(years, steps["received_year"].to_numpy())
            line = line * self._n_years + year
        place = line * _QUARTERS + steps["quarter_no"].to_numpy(dtype=np.int64)
        order = np.argsort(place, kind="stable")
        self._place = place[order]
        running = np.cumsum(steps["step"].to_numpy(dtype=np.int64)[order])
        self._running = np.concatenate([np.zeros(1, dtype=np.int64), running])

    def at(self, wanted: pd.DataFrame, **fixed: str) -> IntArray:
        """Reports known at the quarter of each row.

        Parameters
        ----------
        wanted
            The columns `keys` but for those of `fixed`, and ``quarter_no``.
        fixed
            Keys that are the same in all rows.

        Returns
        -------
        ndarray
            Reports, of shape (rows,), or (rows, years) where there are years.
        """
        names = wanted.assign(**fixed)[self._keys]
        code = self._names.get_indexer(pd.MultiIndex.from_frame(names))
        line = code.astype(np.int64)
        quarter = wanted["quarter_no"].to_numpy(dtype=np.int64)
        if self._n_years:
            year = np.arange(self._n_years)
            line = line[:, np.newaxis] * self._n_years + year
            quarter, code = quarter[:, np.newaxis], code[:, np.newaxis]
        first = np.searchsorted(self._place, line * _QUARTERS, side="left")
        last = np.searchsorted(self._place, line * _QUARTERS + quarter, side="right")
        found: IntArray = np.where(
            code < 0, 0, self._running[last] - self._running[first]
        )
        return found


@dataclass(frozen=True)
class Change:
    """Reports that come to the cells of one comparator, or leave them if negative.

    One row a recount; in A of shape (rows, years), in B and C (rows,).
    """

    a: IntArray
    n_drug: IntArray
    n_event: IntArray
    n: IntArray


class YearMargins:
    """Margins of comparator A by year of receipt, as they were known at a quarter."""

    def __init__(self, con: warehouse.Connection) -> None:
        steps = warehouse.query_frame(con, "select * from counts.year_step")
        self.years: IntArray = np.unique(steps["received_year"].to_numpy(np.int64))
        self._known = Known(
            steps, ["measure", *PAIR, "litigation_set"], years=self.years
        )

    def of(self, rows: pd.DataFrame) -> dict[str, IntArray]:
        """``n_drug``, ``n_event`` and ``n`` of each row, of shape (rows, years)."""
        no_event = {"event_level": "", "event": ""}
        return {
            "n_drug": self._left("n_drug", rows, no_event),
            "n_event": self._known.at(
                rows, measure="n_event", drug="", litigation_set=""
            ),
            "n": self._left("n", rows, no_event | {"drug": ""}),
        }

    def _left(
        self, measure: str, rows: pd.DataFrame, fixed: dict[str, str]
    ) -> IntArray:
        """All of a margin less what leaves for the litigation set of the event."""
        whole = self._known.at(rows, measure=measure, litigation_set="", **fixed)
        is_left = rows["litigation_set"].to_numpy() != ""
        out = self._known.at(rows[is_left], measure=measure, **fixed)
        whole[is_left] -= out
        return whole


def expected_of(n_drug: IntArray, n_event: IntArray, n: IntArray) -> FloatArray:
    """Sum over years of ``n_drug n_event / n``; arrays of shape (rows, years).

    Years are added one after the other, so that a year without a report, which a later
    quarter may bring, cannot change the last digit.
    """
    total = np.zeros(n.shape[0])
    for year in range(n.shape[1]):
        is_known = n[:, year] > 0
        share = n_drug[is_known, year] / n[is_known, year]
        total[is_known] += share * n_event[is_known, year]
    return total


def recount(
    rows: pd.DataFrame, changes: Mapping[str, Change], margins: YearMargins | None
) -> Recounted:
    """Lower limits of the rows of `board_rows` under changed counts.

    Parameters
    ----------
    rows
        One a recount; a pair and quarter may stand several times.
    changes
        By comparator; one that is not named keeps its counts.
    margins
        Margins of A by year; None where A does not change.
    """
    ic025_year = rows["ic025_year"].to_numpy(np.float64)
    if "A" in changes and margins is not None:
        ic025_year = _ic025_year(rows, changes["A"], margins)
    a_b, low_b = _ror_low(rows, "b", changes.get("B"))
    a_c, low_c = _ror_low(rows, "c", changes.get("C"))
    # A comparator that cannot judge the pair as it is gives no part afterwards either.
    low_b = np.where(rows["evaluable_b"], low_b, np.nan)
    low_c = np.where(rows["evaluable_c"], low_c, np.nan)
    return Recounted(ic025_year, a_b, low_b, a_c, low_c)


def _ic025_year(rows: pd.DataFrame, change: Change, margins: YearMargins) -> FloatArray:
    a = rows["a_a"].to_numpy(np.int64) + change.a.sum(axis=1)
    expected = np.zeros(len(rows))
    for part in _parts(len(rows)):
        before = margins.of(rows.iloc[part])
        expected[part] = expected_of(
            before["n_drug"] + change.n_drug[part],
            before["n_event"] + change.n_event[part],
            before["n"] + change.n[part],
        )
    found: FloatArray = information_component(a, expected).ic025
    return found


def _parts(size: int) -> Iterator[slice]:
    for start in range(0, size, _AT_ONCE):
        yield slice(start, start + _AT_ONCE)


def _ror_low(
    rows: pd.DataFrame, comparator: str, change: Change | None
) -> tuple[IntArray, FloatArray]:
    """Reports of the pair in B or C and the lower limit of their ROR."""
    a, n_drug, n_event, n = (
        rows[f"{margin}_{comparator}"].to_numpy(np.int64) for margin in MARGINS
    )
    low = rows[f"ror_low_{comparator}"].to_numpy(np.float64)
    if change is None:
        return a, low
    a, n_drug = a + change.a, n_drug + change.n_drug
    n_event, n = n_event + change.n_event, n + change.n
    found: FloatArray = twobytwo.ror(
        a, n_drug - a, n_event - a, n - n_drug - n_event + a
    ).low
    return a, found


def without_drug_side(
    steps: pd.DataFrame,
    rows: pd.DataFrame,
    years: IntArray,
    *,
    also: Sequence[str] = (),
) -> dict[str, Change]:
    """Changes by comparator when reports that name the drug leave all four cells.

    Parameters
    ----------
    steps
        ``comparator``, ``measure`` (``a``, ``n_drug``), ``drug``, ``event_level``,
        ``event``, ``litigation_set``, `also`, ``received_year``, ``quarter_no``,
        ``step``: which reports leave. ``n_drug`` of a litigation set are those that the
        cells of its events do not hold.
    rows
        Recounts, with the columns `also`.
    years
        Years of receipt of A.
    also
        What else names the reports that leave, such as the member of a class.
    """
    found = {}
    for comparator in "ABC":
        own = steps[steps["comparator"] == comparator]
        known = Known(
            own,
            ["measure", *PAIR, "litigation_set", *also],
            years=years if comparator == "A" else None,
        )
        a = known.at(rows, measure="a", litigation_set="")
        no_event = {"measure": "n_drug", "event_level": "", "event": ""}
        n_drug = known.at(rows, litigation_set="", **no_event)
        is_left = rows["litigation_set"].to_numpy() != ""
        n_drug[is_left] -= known.at(rows[is_left], **no_event)
        found[comparator] = Change(a=-a, n_drug=-n_drug, n_event=-a, n=-n_drug)
    return found


_CHECKED: Final = pa.schema(
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


def checked(
    rows: pd.DataFrame, judgements: Sequence[Judgement], *, check_id: str
) -> pa.Table:
    """Judgements of board rows in the shape that all checks share.

    Parameters
    ----------
    rows
        Board rows.
    judgements
        One a row, in order.
    check_id
        Name of the check.

    Returns
    -------
    pyarrow.Table
        ``drug``, ``event``, ``quarter_no``, ``check_id``, ``outcome``, ``value`` (NULL
        without one), ``of_n``, ``words``.
    """
    value = np.array([one.value for one in judgements], dtype=np.float64)
    return pa.table(
        {
            "drug": pa.array(rows["drug"], pa.string()),
            "event": pa.array(rows["event"], pa.string()),
            "quarter_no": pa.array(rows["quarter_no"].to_numpy(np.int16)),
            "check_id": pa.array([check_id] * len(rows), pa.string()),
            "outcome": pa.array([one.outcome for one in judgements], pa.string()),
            "value": pa.array(value, mask=~np.isfinite(value)),
            "of_n": pa.array([one.of_n for one in judgements], pa.int64()),
            "words": pa.array([one.words for one in judgements], pa.string()),
        },
        schema=_CHECKED,
    )
