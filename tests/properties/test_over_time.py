"""Counts by receipt year and quarter of entry, against slow counting case by case.

Cases are drawn as the cohort holds them: the times in which each version counts, with
its drugs and events. From there on everything is real, the models of the counts and
the scoring of the three tables; the reference walks over the cases for each quarter.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pvsignal import warehouse
from pvsignal.analysis import Surveillance
from pvsignal.stats import maxsprt_spending_boundary, recent_contrast
from tests import reference
from tests.over_time import EVENTS, FIRST, REFERENCE, Stay, rows, scored
from tests.properties.strategies import datasets
from tests.properties.test_counts import _built, whole_way
from tests.properties.test_reference_properties import shipped

PLAN = Surveillance(looks=8)
DRUGS = ("x", "y")
REPORTERS = ("professional", "consumer", "unknown")


@st.composite
def histories(draw: st.DrawFn, *, n_quarters: int = 12) -> list[Stay]:
    """Cases with one to three versions, some left out for a while or for good."""
    found = []
    for caseid in range(draw(st.integers(10, 40))):
        year = draw(st.sampled_from([2012, 2014, 2015, 2015, 2016]))
        points = draw(
            st.lists(
                st.integers(FIRST, FIRST + n_quarters - 1),
                unique=True,
                min_size=1,
                max_size=4,
            ).map(sorted)
        )
        # A point opens a version, or ends what counts.
        opens = [True] + [draw(st.booleans()) for _ in points[1:]]
        is_split = draw(st.booleans())
        said: dict[str, object] = {}
        for place, (start, is_open) in enumerate(zip(points, opens, strict=True)):
            if not is_open:
                continue
            if not said or not is_split:
                said = {
                    "version": place,
                    "is_ms": draw(st.booleans()),
                    "drugs": draw(
                        st.frozensets(st.sampled_from([*DRUGS, REFERENCE]), max_size=2)
                    ),
                    "events": draw(
                        st.frozensets(st.sampled_from(list(EVENTS)), max_size=3)
                    ),
                    "litigated": draw(
                        st.sampled_from([frozenset()] * 5 + [frozenset({"z"})])
                    ),
                    "reporter": draw(st.sampled_from(REPORTERS)),
                    "sex": draw(st.sampled_from(["female", "male", "unknown"])),
                    "age_band": draw(st.sampled_from(["18-29", "70+", "unknown"])),
                }
            end = points[place + 1] if place + 1 < len(points) else None
            found.append(Stay(caseid, start=start, end=end, year=year, **said))
    return found


# --- The reference


def entries(stays: Sequence[Stay]) -> dict[int, int]:
    """Quarter in which each case first counted."""
    found: dict[int, int] = {}
    for stay in stays:
        found[stay.caseid] = min(stay.start, found.get(stay.caseid, stay.start))
    return found


def in_population(comparator: str, drug: str, stay: Stay) -> bool:
    if comparator == "B":
        return stay.is_ms
    return comparator == "A" or bool(stay.drugs & {drug, REFERENCE})


def table_of(stays: Sequence[Stay], drug: str, event: tuple[str, str]) -> list[int]:
    """Cells a, b, c and d of reports, the litigated left out."""
    cells = Counter(
        (drug in stay.drugs, event in stay.events)
        for stay in stays
        if EVENTS[event] not in stay.litigated
    )
    return [cells[k, e] for k in (True, False) for e in (True, False)]


def expected_of(stays: Sequence[Stay], drug: str, event: tuple[str, str]) -> float:
    a, b, c, d = table_of(stays, drug, event)
    return (a + b) * (a + c) / (a + b + c + d) if a + b + c + d else 0.0


def expected_by_year(stays: Sequence[Stay], drug: str, event: tuple[str, str]) -> float:
    return sum(
        expected_of([s for s in stays if s.year == year], drug, event)
        for year in {s.year for s in stays}
    )


def contrasts(stays: Sequence[Stay], quarters: Sequence[int]) -> dict[object, object]:
    """Eight cells of each pair with three recent reports, from the ninth quarter on.

    Of A and B reports whose case entered before the drug are none of those before.
    """
    entry, found = entries(stays), {}
    starts = {
        drug: min((s.start for s in stays if drug in s.drugs), default=0)
        for drug in DRUGS
    }
    for quarter in quarters[8:]:
        current = [s for s in stays if s.counts(quarter)]
        for comparator in "ABC":
            for drug in DRUGS:
                held = [s for s in current if in_population(comparator, drug, s)]
                recent = [s for s in held if entry[s.caseid] >= quarter - 7]
                since = starts[drug] if comparator in "AB" else 0
                before = [s for s in held if since <= entry[s.caseid] < quarter - 7]
                for event in EVENTS:
                    cells = (
                        *table_of(recent, drug, event),
                        *table_of(before, drug, event),
                    )
                    if event[0] != "pt" and cells[0] >= 3:
                        found[comparator, drug, *event, quarter] = cells
    return found


@dataclass(frozen=True)
class Look:
    cases: int
    expected: float
    needed: int
    is_flagged: bool


def looks(stays: Sequence[Stay], last: int) -> dict[object, Look]:
    """Looks of the plan at each pair, on cases as they looked when they entered."""
    entry, found = entries(stays), {}
    for drug in DRUGS:
        starts = [s.start for s in stays if drug in s.drugs]
        if not starts:
            continue
        for event in EVENTS:
            cases, expected, plan, flagged = 0, 0.0, [], False
            for quarter in range(min(starts), min(min(starts) + PLAN.looks, last + 1)):
                new = [s for s in stays if s.start == entry[s.caseid] == quarter]
                cases += table_of(new, drug, event)[0]
                expected += expected_of(new, drug, event)
                plan.append(expected)
                needed = maxsprt_spending_boundary(
                    PLAN.alpha, plan, looks=PLAN.looks, min_cases=PLAN.min_cases
                ).cases_needed[-1]
                flagged = flagged or cases >= needed
                found[drug, *event, quarter] = Look(cases, expected, needed, flagged)
    return found


def retracted(
    stays: Sequence[Stay], drug: str, event: tuple[str, str], *, last: int
) -> int:
    """Cases of the pair at entry, within the plan, that are none of it at the end."""
    entry = entries(stays)
    first = min(s.start for s in stays if drug in s.drugs)

    def is_case(stay: Stay) -> bool:
        return table_of([stay], drug, event)[0] == 1

    return sum(
        stay.start == entry[stay.caseid] < first + PLAN.looks
        and is_case(stay)
        and not any(
            s.caseid == stay.caseid and s.counts(last) and is_case(s) for s in stays
        )
        for stay in stays
    )


QUARTERS = range(FIRST, FIRST + 12)
many = settings(max_examples=8, deadline=None, derandomize=True)


@given(histories())
@many
def test_expected_counts_by_year_are_those_of_counting_case_by_case(stays):
    with scored(stays, QUARTERS, plan=PLAN) as con:
        found = rows(
            con,
            "select drug, event_level, event, quarter_no, a, expected_year "
            "from signals.year_stratified",
        )
    assert bool(found) == any(s.drugs & {*DRUGS} for s in stays)
    for drug, level, event, quarter, a, expected in found:
        current = [s for s in stays if s.counts(quarter)]
        assert a == table_of(current, drug, (level, event))[0]
        slow = expected_by_year(current, drug, (level, event))
        assert expected == pytest.approx(slow, rel=1e-12, abs=1e-12)


@given(histories())
@many
def test_recent_and_earlier_cells_are_those_of_counting_case_by_case(stays):
    with scored(stays, QUARTERS, plan=PLAN) as con:
        found = rows(
            con,
            "select comparator, drug, event_level, event, quarter_no, a_recent, "
            "b_recent, c_recent, d_recent, a_before, b_before, c_before, d_before, "
            "is_rising from signals.contrast",
        )
    assert {row[:5]: row[5:13] for row in found} == contrasts(stays, QUARTERS)
    for row in found:
        assert row[13] == recent_contrast(*row[5:13]).is_rising[0]


@given(histories())
@many
def test_looks_are_those_of_counting_cases_by_their_quarter_of_entry(stays):
    last = QUARTERS[-1]
    with scored(stays, QUARTERS, plan=PLAN) as con:
        found = rows(
            con,
            "select drug, event_level, event, quarter_no, cases, expected, "
            "cases_needed, sdr_maxsprt from signals.surveillance_look",
        )
        summary = rows(
            con,
            "select drug, event_level, event, cases, expected, sdr_maxsprt, "
            "n_retracted, looks_used from signals.surveillance",
        )
    slow = {k: v for k, v in looks(stays, last).items() if k[1] != "pt"}
    by_look = {row[:4]: row[4:] for row in found}
    assert by_look.keys() == {k for k, look in slow.items() if look.cases}
    for key, (cases, expected, needed, is_flagged) in by_look.items():
        assert (cases, needed, is_flagged) == (
            slow[key].cases,
            slow[key].needed,
            slow[key].is_flagged,
        )
        assert expected == pytest.approx(slow[key].expected)
    assert len(summary) == len({k[:3] for k in slow})
    for drug, level, event, cases, expected, is_flagged, n_retracted, used in summary:
        pair = [v for k, v in slow.items() if k[:3] == (drug, level, event)]
        assert (cases, is_flagged, used) == (
            pair[-1].cases,
            pair[-1].is_flagged,
            len(pair),
        )
        assert expected == pytest.approx(pair[-1].expected)
        assert n_retracted == retracted(stays, drug, (level, event), last=last)


@given(histories(), st.integers(8, 10))
@settings(many, max_examples=4)
def test_what_was_known_at_a_quarter_is_what_a_run_up_to_it_gives(stays, n):
    cut = QUARTERS[:n]
    tables = {
        f"signals.{name}": f"select * from signals.{name} where quarter_no <= {cut[-1]} "
        "order by all"
        for name in ("year_stratified", "contrast", "surveillance_look")
    }
    with scored(stays, QUARTERS, plan=PLAN) as con:
        whole = {name: str(rows(con, sql)) for name, sql in tables.items()}
    with scored(stays, cut, plan=PLAN) as con:
        assert {name: str(rows(con, sql)) for name, sql in tables.items()} == whole


@given(histories())
@settings(many, max_examples=2)
def test_nothing_that_needs_an_unbroken_series_is_computed_past_a_hole(stays):
    held = [q for q in QUARTERS if q != FIRST + 9]
    with scored(stays, held, plan=PLAN) as con:
        assert rows(con, "from signals.surveillance") == []
        for table in ("surveillance_look", "contrast"):
            late = f"from signals.{table} where quarter_no > {FIRST + 8}"
            assert rows(con, late) == []
        quarters = rows(con, "select distinct quarter_no from signals.year_stratified")
    assert max(quarters, default=(held[-1],)) == (held[-1],)


@given(datasets())
@settings(whole_way, max_examples=2)
def test_every_report_of_an_archive_has_its_year_and_the_quarter_it_entered(dataset):
    tables, lists, last = dataset.staged(), shipped(), dataset.quarters[-1]
    entry: dict[int, int] = {}
    for quarter in dataset.quarters:
        for report in _counting(tables, lists, quarter):
            entry.setdefault(report.caseid, reference.ordinal(quarter))
    expected: Counter[tuple[object, ...]] = Counter()
    for report in _counting(tables, lists, last):
        when = (report.received.year, entry[report.caseid])
        expected["n", "", "", *when] += 1
        for drug in report.exposures:
            expected["n_drug", drug[1], "", *when] += 1
            for event in report.events:
                if event[0] != "pt" and not reference.is_litigated(
                    report, event, lists
                ):
                    expected["a", drug[1], event[1], *when] += 1
    with tempfile.TemporaryDirectory() as folder:
        where = _built(dataset, Path(folder))
        with warehouse.connect(where.warehouse_path) as con:
            found = rows(
                con,
                "select measure, drug, event, received_year, entry_quarter_no, "
                "sum(n_reports)::bigint from counts.interval where comparator = 'A' "
                "and measure <> 'n_event' and litigation_set = '' "
                "and known_until is null and event_level <> 'pt' group by all",
            )
    assert {row[:5]: row[5] for row in found} == expected


def _counting(tables, lists, as_of: str) -> list[reference.Report]:
    """Reports that count as of a quarter: current, no suspected duplicates."""
    duplicates = reference.suspected_duplicates(tables, lists, as_of)
    return [
        report
        for report in reference.reports(tables, lists, as_of)
        if report.version.is_current(as_of) and report.key not in duplicates
    ]
