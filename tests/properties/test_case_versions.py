"""Any history of a case: versions sent again, late, tied, deleted and reopened.

The interval table is held against the plainest account of what is current: walk the
quarters, look at one after the other, remember one version of each case. It is also
rebuilt from the quarters up to each quarter, from rows in another order and by another
number of threads.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from pvsignal import warehouse

QUARTERS = (8035, 8050, 8051, 8076, 8077, 8078)  # the first one is of the legacy era
DELETIONS_FROM = 8076
CASES = ("2_cases/sighting", "2_cases/deletion", "2_cases/version", "2_cases/received")

histories = settings(max_examples=60, derandomize=True)

Row = tuple[int, int, int, int | None, int]  # quarter, primaryid, case, version, line
State = dict[int, tuple[int, int]]  # case to quarter and primaryid


@dataclass(frozen=True)
class History:
    """DEMO rows in the order of their files, and deletion lists."""

    demo: tuple[Row, ...]
    deleted: tuple[tuple[int, int], ...]  # quarter, case


@st.composite
def _case(draw: st.DrawFn, caseid: int) -> list[tuple[int, int, int, int | None]]:
    """Sightings of a case: any version in any quarter, the same one again and again."""
    rows: list[tuple[int, int, int, int | None]] = []
    for quarter in draw(st.lists(st.sampled_from(QUARTERS), min_size=1, max_size=6)):
        version = draw(st.sampled_from((1, 2, 3, 9, 10, None)))
        if quarter == QUARTERS[0]:
            # An ISR; FAERS primaryids hold the number of the case.
            rows.append(
                (quarter, 4_000_000 + 100 * caseid + (version or 0), caseid, None)
            )
        else:
            rows.append((quarter, int(f"{caseid}{version or 0}"), caseid, version))
    return rows


@st.composite
def _histories(draw: st.DrawFn) -> History:
    n_cases = draw(st.integers(1, 4))
    rows = [row for case in range(1, n_cases + 1) for row in draw(_case(case + 700))]
    rows = draw(st.permutations(rows))
    deleted = draw(
        st.lists(
            st.tuples(
                st.sampled_from([q for q in QUARTERS if q >= DELETIONS_FROM]),
                st.integers(701, 701 + n_cases),
            ),
            max_size=6,
        )
    )
    return History(
        tuple((*row, line) for line, row in enumerate(rows, start=2)), tuple(deleted)
    )


def _built(
    history: History, *, as_of: int = QUARTERS[-1], threads: int = 1, seed: int = 0
) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Rows of the versions and of the receipts, the given rows shuffled by the seed."""
    demo, deleted = list(history.demo), list(history.deleted)
    random.Random(seed).shuffle(demo)
    random.Random(seed).shuffle(deleted)
    columns = ["quarter_no", "primaryid", "caseid", "caseversion_no", "line"]
    frame = pd.DataFrame(demo, columns=columns).astype({"caseversion_no": "Int64"})
    frame["init_fda_date"] = frame["fda_date"] = pd.NaT
    account = pd.DataFrame(
        {
            "quarter_no": QUARTERS,
            "table_name": "demo",
            "era": ["b", *"d" * (len(QUARTERS) - 1)],
        }
    )
    with warehouse.connect_memory() as con:
        con.execute(f"set threads = {threads}")
        warehouse.load_frame(con, "staged.demo", frame)
        for column in ("init_fda_date", "fda_date"):
            con.execute(f"alter table staged.demo alter {column} type date")
        warehouse.load_frame(con, "staged.accounting", account)
        con.execute("create table staged.deleted (quarter_no bigint, caseid bigint)")
        for row in deleted:
            con.execute("insert into staged.deleted values (?, ?)", row)
        for path in CASES:
            model = warehouse.read_model(path)
            warehouse.run_model(con, model, values={"as_of": as_of})
        return (
            con.execute("from cases.version order by all").fetchall(),
            con.execute("from cases.received order by all").fetchall(),
        )


def _current(versions: Sequence[tuple[object, ...]], quarter: int) -> State:
    found = [row for row in versions if _is_current(row, quarter)]
    state = {row[2]: (row[0], row[1]) for row in found}
    assert len(state) == len(found), "a case has two current versions"
    return state  # type: ignore[return-value]


def _is_current(row: tuple[object, ...], quarter: int) -> bool:
    known_from, known_until = row[3], row[4]
    assert isinstance(known_from, int)
    assert known_until is None or isinstance(known_until, int)
    return known_from <= quarter and (known_until is None or known_until > quarter)


def _walked(history: History) -> dict[int, State]:
    """What is current after each quarter, from one quarter to the next."""
    held: dict[int, tuple[tuple[int, int], int, int]] = {}
    states = {}
    for quarter in QUARTERS:
        last_rows = {
            row[1]: row
            for row in sorted(history.demo, key=lambda r: r[4])
            if row[0] == quarter
        }
        for row in sorted(last_rows.values(), key=lambda r: r[4]):
            _, primaryid, caseid, version, _ = row
            is_legacy = quarter == QUARTERS[0]
            rank = (0, primaryid) if is_legacy else (1, version or 0)
            if caseid not in held or rank >= held[caseid][0]:
                held[caseid] = (rank, quarter, primaryid)
        for deleted_in, caseid in history.deleted:
            if deleted_in == quarter:
                held.pop(caseid, None)
        states[quarter] = {caseid: where[1:] for caseid, where in held.items()}
    return states


@given(_histories())
@histories
def test_intervals_say_what_walking_the_quarters_says(history: History) -> None:
    versions, _ = _built(history)
    walked = _walked(history)
    for quarter in QUARTERS:
        assert _current(versions, quarter) == walked[quarter]


@given(_histories())
@histories
def test_the_state_at_a_quarter_is_a_rebuild_from_the_quarters_up_to_it(
    history: History,
) -> None:
    versions, received = _built(history)
    for quarter in QUARTERS:
        cut, cut_received = _built(history, as_of=quarter)
        assert _current(cut, quarter) == _current(versions, quarter)
        assert all(row[4] is None or row[4] <= quarter for row in cut)
        # Receipt is fixed with the first sighting.
        assert set(cut_received) <= set(received)


@given(_histories(), st.integers(1, 2**16), st.integers(2, 4))
@histories
def test_neither_load_order_nor_threads_matter(
    history: History, seed: int, threads: int
) -> None:
    assert _built(history, threads=threads, seed=seed) == _built(history)


@given(_histories())
@histories
def test_each_sighting_has_one_interval_and_each_that_ended_a_reason(
    history: History,
) -> None:
    versions, _ = _built(history)
    keys = {(row[0], row[1]) for row in history.demo}
    assert sorted((row[0], row[1]) for row in versions) == sorted(keys)
    for *_, known_from, known_until, reason in versions:
        assert known_until is None or known_until >= known_from
        assert (known_until is None) == (reason is None)
        if reason in (
            "older than the version held",
            "lower version in the same quarter",
        ):
            assert known_until == known_from


def test_histories_reach_every_reason_ties_and_reopened_cases() -> None:
    reasons: set[object] = set()
    reopened: list[bool] = []

    @given(_histories())
    @settings(histories, max_examples=100)
    def collect(history: History) -> None:
        versions, _ = _built(history)
        reasons.update(row[5] for row in versions)
        ended = {row[2]: row[4] for row in versions if row[5] == "deleted"}
        reopened.append(
            any(row[2] in ended and row[3] > ended[row[2]] for row in versions)
        )

    collect()
    assert reasons == {
        None,
        "superseded",
        "deleted",
        "older than the version held",
        "lower version in the same quarter",
    }
    assert any(reopened)
