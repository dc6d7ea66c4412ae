"""Recent cases of a pair and the dates that they follow, counted in SQL."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from pvsignal import warehouse
from pvsignal.pipeline.judging.notoriety import check_notoriety
from pvsignal.quarter import Quarter
from tests.sql.tables import drawn, run

# A case of 2015q4 (8063), one of 2016q1 of the class that ends, one of another pair.
GIVEN = {
    "signals.screened": """
        drug     | event | quarter_no:int | is_screened:bool
        x        | bcc   | 8063           | true
        x        | bcc   | 8064           | false
        class:xy | bcc   | 8064           | true
        y        | bcc   | 8064           | false
        """,
    "counts.pair_member": """
        comparator | drug     | event_level | event | caseid:int | known_from:int | known_until:int | entry_quarter_no:int
        A          | x        | group       | bcc   | 1          | 8063           | -               | 8063
        A          | class:xy | group       | bcc   | 1          | 8063           | 8066            | 8063
        A          | x        | pt          | bcc   | 1          | 8063           | -               | 8063
        B          | x        | group       | bcc   | 1          | 8063           | -               | 8063
        A          | y        | group       | bcc   | 1          | 8063           | -               | 8063
        A          | x        | group       | bcc   | 2          | 8072           | -               | 8063
        """,
    "cases.received": """
        caseid:int | received_date:date
        1          | 2015-12-20
        2          | 2015-12-18
        """,
    "codelists.notoriety_drug": """
        drug     | date_no:int
        x        | 1
        class:xy | 1
        class:xy | 2
        """,
    "codelists.notoriety_date": """
        date_no:int | last_day:date | window_last_day:date | last_no:int
        1           | 2015-12-18    | 2016-12-18           | 8063
        2           | 2014-12-19    | 2015-12-19           | 8059
        """,
}


def test_a_case_counts_for_eight_quarters_and_follows_a_date_for_a_year() -> None:
    """Case 2 came on the day of date 1, and became one of the pair too late."""
    found = run(
        "4_signals/recent_step", GIVEN, columns="drug event date_no quarter_no step"
    )
    assert found == drawn(
        """
        drug     | event | date_no | quarter_no | step
        class:xy | bcc   | 0       | 8063       | 1
        class:xy | bcc   | 0       | 8066       | -1
        class:xy | bcc   | 1       | 8063       | 1
        class:xy | bcc   | 1       | 8066       | -1
        x        | bcc   | 0       | 8063       | 1
        x        | bcc   | 0       | 8071       | -1
        x        | bcc   | 1       | 8063       | 1
        x        | bcc   | 1       | 8071       | -1
        """
    )


FIRST, LAST = 8060, 8075


@dataclass(frozen=True)
class Case:
    """A case in a time in which it counts for a pair."""

    caseid: int
    event: str
    entry: int
    known_from: int
    known_until: int | None
    received: dt.date


_DAYS = st.dates(dt.date(2014, 6, 1), dt.date(2018, 12, 31))


@st.composite
def cases(draw: st.DrawFn) -> list[Case]:
    found = []
    for caseid in range(draw(st.integers(0, 8))):
        entry = draw(st.integers(FIRST, LAST))
        start = draw(st.integers(entry, LAST))
        end = draw(st.one_of(st.none(), st.integers(start + 1, LAST + 2)))
        event = draw(st.sampled_from(["bcc", "scc"]))
        found.append(Case(caseid, event, entry, start, end, draw(_DAYS)))
    return found


def _outcome(
    stays: Sequence[Case],
    dates: Sequence[dt.date],
    event: str,
    quarter: int,
    crossed: int | None,
) -> tuple[str, float | None, int | None]:
    """Outcome, share and cases by the definition."""
    last_day = Quarter.from_ordinal(quarter).last_day
    known = [day for day in dates if day <= last_day]
    recent = [
        case
        for case in stays
        if case.event == event
        and case.known_from <= quarter
        and (case.known_until is None or case.known_until > quarter)
        and quarter - 7 <= case.entry <= quarter
    ]
    if not known:
        return "not applicable", None, None
    if not recent:
        return "not applicable", None, 0
    counting = [
        day
        for day in known
        if crossed is None or Quarter(day.year, (day.month + 2) // 3).ordinal <= crossed
    ]
    after = [
        sum(day < case.received <= day.replace(year=day.year + 1) for case in recent)
        for day in counting
    ]
    most = max(after, default=0)
    outcome = "fails" if 2 * most > len(recent) else "passes"
    return outcome, most / len(recent), len(recent)


_DATES = st.lists(_DAYS.filter(lambda day: (day.month, day.day) != (2, 29)), max_size=3)


@settings(max_examples=40, deadline=None)
@given(cases(), _DATES, st.one_of(st.none(), st.integers(FIRST, LAST)))
def test_each_row_of_the_board_is_judged_as_defined(
    stays: list[Case], dates: list[dt.date], crossed: int | None
) -> None:
    board = [
        (event, quarter) for event in ("bcc", "scc") for quarter in range(8061, LAST)
    ]
    with warehouse.connect_memory() as con:
        _load(con, stays, dates, board)
        first = pd.DataFrame(
            [("x", event, q, crossed) for event, q in board if crossed],
            columns=["drug", "event", "quarter_no", "first_crossing_no"],
        )
        table = check_notoriety(con, first).to_pylist()
    found = {
        (row["event"], row["quarter_no"]): (row["outcome"], row["value"], row["of_n"])
        for row in table
    }
    assert found == {
        (event, quarter): _outcome(
            stays,
            dates,
            event,
            quarter,
            crossed if crossed and crossed <= quarter else None,
        )
        for event, quarter in board
    }
    assert all(row["words"] and row["check_id"] == "notoriety" for row in table)


def _load(
    con: warehouse.Connection,
    stays: Sequence[Case],
    dates: Sequence[dt.date],
    board: Sequence[tuple[str, int]],
) -> None:
    numbers = list(range(1, len(dates) + 1))
    quarters = [Quarter(day.year, (day.month + 2) // 3).ordinal for day in dates]
    tables = {
        "signals.screened": {
            "drug": pa.array(["x"] * len(board), pa.string()),
            "event": pa.array([event for event, _ in board], pa.string()),
            "quarter_no": pa.array([quarter for _, quarter in board], pa.int16()),
            "is_screened": pa.array([True] * len(board), pa.bool_()),
        },
        "counts.pair_member": {
            "comparator": pa.array(["A"] * len(stays), pa.string()),
            "drug": pa.array(["x"] * len(stays), pa.string()),
            "event_level": pa.array(["group"] * len(stays), pa.string()),
            "event": pa.array([case.event for case in stays], pa.string()),
            "caseid": pa.array([case.caseid for case in stays], pa.int64()),
            "known_from": pa.array([case.known_from for case in stays], pa.int16()),
            "known_until": pa.array([case.known_until for case in stays], pa.int16()),
            "entry_quarter_no": pa.array([case.entry for case in stays], pa.int16()),
        },
        "cases.received": {
            "caseid": pa.array([case.caseid for case in stays], pa.int64()),
            "received_date": pa.array([case.received for case in stays], pa.date32()),
        },
        "codelists.notoriety_drug": {
            "drug": pa.array(["x"] * len(dates), pa.string()),
            "date_no": pa.array(numbers, pa.int32()),
        },
        "codelists.notoriety_date": {
            "date_no": pa.array(numbers, pa.int32()),
            "ingredient": pa.array(["x"] * len(dates), pa.string()),
            "date_text": pa.array([day.isoformat() for day in dates], pa.string()),
            "what": pa.array(["letter"] * len(dates), pa.string()),
            "last_day": pa.array(dates, pa.date32()),
            "window_last_day": pa.array(
                [day.replace(year=day.year + 1) for day in dates], pa.date32()
            ),
            "first_no": pa.array(quarters, pa.int32()),
            "last_no": pa.array(quarters, pa.int32()),
        },
    }
    for name, columns in tables.items():
        warehouse.load_arrow(con, name, pa.table(columns))
