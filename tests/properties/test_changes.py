"""What a change is made of, against slow counting case by case.

Cases are drawn with the times in which each version is current and those in which it
counts. Two runs are made of them: the previous one up to an earlier quarter, with other
words, other archives or both. From there on everything is real; the reference walks
over the cases of each cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pyarrow as pa
from hypothesis import event, given, settings
from hypothesis import strategies as st

from pvsignal import warehouse
from pvsignal.analysis import Thresholds, load_analysis
from pvsignal.pipeline.judging.changes import Previous, store_changes
from pvsignal.pipeline.scoring.cells import score_cells
from pvsignal.quarter import Quarter
from pvsignal.signals.changes import RunInputs
from tests.over_time import EVENTS, FIRST, MODELS, Event, Stay, cohort, rows
from tests.properties.test_over_time import histories, in_population

QUARTERS = range(FIRST, FIRST + 12)
# Few cases are drawn; with these a pair is soon on the board.
ANALYSIS = load_analysis().model_copy(
    update={"thresholds": Thresholds(min_reports=1, ror_low_min=0.3, ic025_min=0.0)}
)
many = settings(max_examples=12, deadline=None, derandomize=True)


@dataclass(frozen=True)
class Version:
    """A time in which a version is the current one, counted or not."""

    caseid: int
    number: int
    start: int
    end: int | None

    def is_current(self, quarter: int) -> bool:
        return self.start <= quarter and (self.end is None or self.end > quarter)


@dataclass(frozen=True)
class Drawn:
    """Stays in which versions count, and the times in which they are current."""

    stays: tuple[Stay, ...]
    versions: tuple[Version, ...]


@st.composite
def archives(draw: st.DrawFn) -> Drawn:
    """Cases; a time in which a version does not count is one of a duplicate or none."""
    stays = draw(histories())
    versions = []
    by_number: dict[int, list[Stay]] = {}
    for stay in stays:
        by_number.setdefault(stay.number, []).append(stay)
    for number, own in by_number.items():
        end = own[-1].end
        later = [
            s.start for s in stays if s.caseid == own[0].caseid and s.number > number
        ]
        if end is not None and draw(st.booleans()):
            # Left out as a duplicate until the next version comes, or to the end.
            end = min(later, default=None)
        start = own[0].start
        first = min(s.start for s in stays if s.caseid == own[0].caseid)
        if start == first:
            start -= draw(st.integers(0, 2))
        versions.append(Version(own[0].caseid, number, start, end))
    return Drawn(tuple(stays), tuple(versions))


def known(drawn: Drawn, last: int) -> Drawn:
    """What is known as of a quarter."""
    return Drawn(
        tuple(
            replace(s, end=s.end if s.end and s.end <= last else None)
            for s in drawn.stays
            if s.start <= last
        ),
        tuple(
            replace(v, end=v.end if v.end and v.end <= last else None)
            for v in drawn.versions
            if v.start <= last
        ),
    )


@contextmanager
def counted(drawn: Drawn, last: int) -> Iterator[warehouse.Connection]:
    """Counts and statistics of what is known as of a quarter."""
    at = known(drawn, last)
    quarters = [q for q in QUARTERS if q <= last]
    tables = cohort(at.stays, quarters)
    keys = {
        row["primaryid"]: row["quarter_no"]
        for row in tables["cases.counted"].to_pylist()
    }
    tables["cases.version"] = pa.Table.from_pylist(
        [
            {
                "quarter_no": keys.get(v.number, v.start),
                "primaryid": v.number,
                "caseid": v.caseid,
                "known_from": v.start,
                "known_until": v.end,
            }
            for v in at.versions
        ],
        schema=pa.schema(
            [
                ("quarter_no", pa.int16()),
                ("primaryid", pa.int64()),
                ("caseid", pa.int64()),
                ("known_from", pa.int16()),
                ("known_until", pa.int16()),
            ]
        ),
    )
    with warehouse.connect_memory() as con:
        for name, table in tables.items():
            warehouse.load_arrow(con, name, table)
        for path in MODELS:
            warehouse.run_model(con, warehouse.read_model(path))
        score_cells(con, ANALYSIS)
        yield con


def inputs(as_of: int, *, lists: str = "l", archive: str = "x", program: str = "1"):
    return RunInputs(
        run="r",
        as_of=Quarter.from_ordinal(as_of),
        origin="simulated",
        analysis="test",
        analysis_sha256="a",
        codelists_sha256=lists,
        staging_version="s",
        linkage_version="d",
        pvsignal_version=program,
        meddra_sha256="",
        archives={q: archive if q == FIRST else "x" for q in QUARTERS if q <= as_of},
        lists={"terms": lists},
    )


def published(drawn: Drawn, was: RunInputs) -> Previous:
    """What the previous run gave."""
    with counted(drawn, was.as_of.ordinal) as con:
        cells = warehouse.query_arrow(
            con,
            "select comparator, drug_level, drug, event_level, event, a, b, c, d, "
            "sdr_screen as is_flagged from signals.statistic "
            f"where quarter_no = {was.as_of.ordinal} and event_level <> 'pt'",
        )
        cases = warehouse.query_arrow(
            con,
            "select drug, event, caseid, primaryid, quarter_no "
            "from counts.pair_member where comparator = 'A' and event_level <> 'pt' "
            "and known_until is null",
        )
    return Previous(was, cells, cases)


# --- The reference


def cells(
    stays: Sequence[Stay], comparator: str, drug: str, name: Event, *, quarter: int
) -> dict[str, set[int]]:
    """Cases in each cell as of a quarter."""
    found: dict[str, set[int]] = {cell: set() for cell in "abcd"}
    for stay in stays:
        if (
            stay.counts(quarter)
            and in_population(comparator, drug, stay)
            and EVENTS[name] not in stay.litigated
        ):
            rows_of = {True: "ab", False: "cd"}[drug in stay.drugs]
            found[rows_of[name not in stay.events]].add(stay.caseid)
    return found


def reason(drawn: Drawn, caseid: int, base: int, last: int) -> str:
    """Why a case counts in a cell at one of two quarters only."""
    own = [v for v in drawn.versions if v.caseid == caseid]
    if min(v.start for v in own) > base:
        return "new_cases"
    times = (base, last)
    if not all(any(v.is_current(q) for v in own) for q in times):
        return "deletions"
    stays = [s for s in drawn.stays if s.caseid == caseid]
    if not all(any(s.counts(q) for s in stays) for q in times):
        return "duplicates"
    return "follow_ups"


PARTS = ("new_cases", "follow_ups", "deletions", "duplicates")


def evidence(
    drawn: Drawn, pair: tuple[str, str, Event], base: int, last: int
) -> dict[str, dict[str, int]]:
    """Parts of the change of a and b from one quarter to another, case by case."""
    early = cells(drawn.stays, *pair, quarter=base)
    late = cells(drawn.stays, *pair, quarter=last)
    found = {cell: dict.fromkeys(PARTS, 0) for cell in "ab"}
    for cell in "ab":
        for caseid in early[cell] ^ late[cell]:
            step = 1 if caseid in late[cell] else -1
            found[cell][reason(drawn, caseid, base, last)] += step
    return found


def stored(con: warehouse.Connection, table: str = "cell_change"):
    columns = (
        "before, now, new_cases, follow_ups, deletions, duplicates, background, "
        "archives, vocabulary, code_lists, is_mixed"
    )
    return {
        (r["comparator"], r["drug"], (r["event_level"], r["event"]), r["cell"]): r
        for r in warehouse.query_rows(
            con,
            f"select comparator, drug, event_level, event, cell, {columns} "
            f"from signals.{table}",
        )
    }


def total(row: dict[str, int]) -> int:
    names = (*PARTS, "background", "archives", "vocabulary", "code_lists")
    return sum(row[name] for name in names)


@given(archives(), st.integers(0, 11))
@many
def test_evidence_is_split_as_by_walking_over_the_cases_of_each_cell(drawn, n):
    base, last = QUARTERS[n], QUARTERS[-1]
    previous = published(drawn, inputs(base))
    with counted(drawn, last) as con:
        store_changes(con, previous, now=inputs(last))
        found = stored(con)
        at_now = rows(
            con,
            "select comparator, drug, event_level, event, a, b, c, d "
            f"from signals.statistic where quarter_no = {last} and event_level <> 'pt'",
        )
    at_now = {(r[0], r[1], r[2:4]): r[4:] for r in at_now}
    assert {key[:3] for key in found} == set(at_now)
    for key, row in found.items():
        assert row["now"] == at_now[key[:3]]["abcd".index(key[3])]
        assert row["before"] + total(row) == row["now"]
        assert (row["archives"], row["vocabulary"], row["code_lists"]) == (0, 0, 0)
        assert not row["is_mixed"]
        if key[3] in "ab":
            slow = evidence(drawn, key[:3], base, last)[key[3]]
            assert {name: row[name] for name in PARTS} == slow
            for name, value in slow.items():
                event(f"{name} {'moved' if value else 'still'}")
        else:
            early = cells(drawn.stays, *key[:3], quarter=base)[key[3]]
            late = cells(drawn.stays, *key[:3], quarter=last)[key[3]]
            assert row["background"] == len(late) - len(early)


def without(drawn: Drawn, dropped: set[int], drugless: set[int], forgot: set[int]):
    """Other archives (cases that are not in them) or other words for some versions."""
    return Drawn(
        tuple(
            replace(
                s,
                drugs=s.drugs - {"x"} if s.number in drugless else s.drugs,
                events=frozenset() if s.number in forgot else s.events,
            )
            for s in drawn.stays
            if s.caseid not in dropped
        ),
        tuple(v for v in drawn.versions if v.caseid not in dropped),
    )


KINDS = {
    "code_lists": {"lists": "m"},
    "archives": {"archive": "y"},
    "vocabulary": {"program": "2"},
}


@given(
    archives(),
    st.integers(0, 11),
    st.sampled_from([(k,) for k in KINDS] + [("code_lists", "archives")]),
    st.booleans(),
    st.data(),
)
@many
def test_parts_add_up_whatever_differs_and_carry_the_name_of_what_does(
    drawn, n, kinds, is_before, data
):
    base, last = QUARTERS[n], QUARTERS[-1]
    some = st.sets(st.sampled_from([s.number for s in drawn.stays]), max_size=8)
    caseids = st.sets(st.sampled_from([s.caseid for s in drawn.stays]), max_size=4)
    other = without(
        drawn,
        data.draw(caseids) if "archives" in kinds else set(),
        data.draw(some) if kinds != ("archives",) else set(),
        data.draw(some) if kinds != ("archives",) else set(),
    )
    was, is_now = (other, drawn) if is_before else (drawn, other)
    differing = {k: v for kind in kinds for k, v in KINDS[kind].items()}
    previous = published(was, inputs(base, **differing))
    with counted(is_now, last) as con:
        store_changes(con, previous, now=inputs(last))
        found = stored(con)
        kept = stored(con, "change")
        gained = rows(
            con,
            "select drug, event_level, event, "
            "sum(case change when 'gained' then 1 else -1 end)::bigint "
            "from signals.changed_case group by all",
        )
        boards = rows(
            con,
            "select distinct drug, event_level, event from signals.change "
            "where on_board_before or on_board_now",
        )
    published_cells = {
        (r["comparator"], r["drug"], (r["event_level"], r["event"])): r
        for r in previous.cells.to_pylist()
    }
    for key, row in found.items():
        before = published_cells.get(key[:3])
        assert row["before"] == (before[key[3]] if before else 0)
        late = len(cells(is_now.stays, *key[:3], quarter=last)[key[3]])
        if key[3] in "ab":
            early = cells(is_now.stays, *key[:3], quarter=base)[key[3]]
            slow = evidence(is_now, key[:3], base, last)[key[3]]
            assert {name: row[name] for name in PARTS} == slow
            revised = row["archives"] + row["vocabulary"] + row["code_lists"]
            assert revised == len(early) - row["before"]
            assert row["now"] == late
        assert row["before"] + total(row) == row["now"]
        for name in KINDS:
            assert name in kinds or row[name] == 0
        assert len(kinds) > 1 or not row["is_mixed"] or key[3] in "cd"
    # Nothing that moved is missing from what is kept.
    for key, row in found.items():
        moved = any(row[name] for name in (*PARTS, *KINDS))
        assert key in kept or key[3] in "cd" or not moved
    steps = {(drug, (level, name)): n for drug, level, name, n in gained}
    for drug, level, name in boards:
        row = found.get(("A", drug, (level, name), "a"))
        if row:
            net = steps.pop((drug, (level, name)), 0)
            assert net == row["now"] - row["before"]
            event(f"net of a pair on the board {'moved' if net else 'still'}")
    assert not steps
