"""Recounted crossings equal slow counting case by case, at every quarter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pvsignal import warehouse
from pvsignal.pipeline.judging.classes import judge_classes
from pvsignal.pipeline.judging.duplicates import check_duplicates
from pvsignal.pipeline.judging.hinges import check_hinges
from tests.hinges import (
    CLASS,
    FIRST,
    LITIGATED,
    LOW,
    N_QUARTERS,
    REFERENCES,
    Told,
    cells_of,
    current,
    histories,
    judged,
    limits_of,
    loosely_linked,
    same,
)
from tests.over_time import Event

QUARTERS = range(FIRST, FIRST + N_QUARTERS)
many = settings(max_examples=12, deadline=None, derandomize=True)


@given(histories())
@many
def test_a_class_without_its_largest_member_is_that_of_counting_case_by_case(stays):
    with judged(stays, QUARTERS) as (con, analysis):
        judge_classes(con, analysis)
        found = warehouse.query_rows(con, "from signals.class_check")
        board = warehouse.query_rows(
            con, "from signals.screened where is_screened and drug_level = 'class'"
        )
    assert len(found) == len(board)
    for row in found:
        event = (row["event_level"], row["event"])
        known = current(stays, row["quarter_no"])
        own = {
            name: sum(
                name in s.drugs and event in s.events and not s.stimulated(event)
                for s in known
            )
            for name in "xy"
        }
        largest = max("xy", key=lambda name: (own[name], -ord(name)))
        n_members = sum(n >= LOW.min_reports for n in own.values())
        without = limits_of(
            [s for s in known if s.drugs & {"x", "y"} != {largest}], CLASS, event
        )
        whole = limits_of(known, CLASS, event)
        exposed = [s for s in known if s.names(CLASS) and not s.stimulated(event)]
        left = [s for s in exposed if s.drugs & {"x", "y"} != {largest}]
        assert (row["largest_member"], row["n_members"]) == (largest, n_members)
        assert row["a_without"] == sum(event in s.events for s in left)
        assert (row["n_drug"], row["n_drug_without"]) == (len(exposed), len(left))
        if left:
            assert same(row["ic025_year_without"], without.ic025_year)
        assert same(row["ror_low_without_b"], without.ror_low_b)
        assert same(row["ror_low_without_c"], without.ror_low_c)
        assert row["crosses"] == whole.crosses
        assert row["crosses_without"] == without.crosses
        assert row["holds"] == (whole.crosses and n_members >= 2 and without.crosses)


@given(histories(), st.data())
@many
def test_a_looser_threshold_is_that_of_counting_case_by_case(stays, data):
    pairs = data.draw(loosely_linked(stays))
    with judged(stays, QUARTERS, looser=pairs) as (con, analysis):
        rows = check_duplicates(con, analysis).to_pylist()
        n_board = warehouse.query_rows(
            con, "select count(*) as n from signals.screened where is_screened"
        )
    assert [len(rows)] == [row["n"] for row in n_board]
    looser = analysis.checks.looser_match_weight
    for row in rows:
        event = next(e for e in LITIGATED if e[1] == row["event"])
        quarter, drug = row["quarter_no"], row["drug"]
        known = current(stays, quarter)
        whole = limits_of(known, drug, event)
        left = [
            s
            for s in known
            if not s.names(drug)
            or not any(p.weight >= looser and p.covers(s, quarter) for p in pairs)
        ]
        found = limits_of(left, drug, event)
        outcome = "passes" if found.crosses else "fails"
        assert row["outcome"] == (outcome if whole.crosses else "not applicable")
        if whole.crosses:
            counted = [s for s in left if not s.stimulated(event)]
            assert row["value"] == cells_of(counted, drug, event)[0]


@given(histories())
@many
def test_hinges_are_those_of_counting_case_by_case(stays):
    with judged(stays, QUARTERS) as (con, analysis):
        rows = check_hinges(con, analysis).to_pylist()
        board = warehouse.query_rows(
            con, "from signals.screened where is_screened order by all"
        )
    assert sorted((r["drug"], r["event"], r["quarter_no"]) for r in rows) == sorted(
        (r["drug"], r["event"], r["quarter_no"]) for r in board
    )
    for row in rows:
        event = next(e for e in LITIGATED if e[1] == row["event"])
        known = current(stays, row["quarter_no"])
        outcome, value = hinges_of(known, row["drug"], event)
        assert row["outcome"] == outcome, row["words"]
        if value is not None:
            assert same(row["value"], value)


def hinges_of(known: list[Told], drug: str, event: Event) -> tuple[str, float | None]:
    """Outcome of the check and its value, by counting without and with each hinge."""
    whole = limits_of(known, drug, event)
    needs_c = whole.by_c and not whole.by_b
    if not whole.crosses or not (needs_c or LITIGATED[event]):
        return "not applicable", None
    tried = []
    for therapy in sorted(REFERENCES[drug]) if needs_c else ():
        left = [
            s for s in known if s.names(drug) or s.drugs & REFERENCES[drug] != {therapy}
        ]
        if any(not s.stimulated(event) for s in known if s not in left):
            tried.append(limits_of(left, drug, event))
            # Only C is counted without it.
            tried[-1] = replace(
                tried[-1],
                ic025_year=whole.ic025_year,
                a_b=whole.a_b,
                ror_low_b=whole.ror_low_b,
            )
    for ingredient in LITIGATED[event]:
        if any(s.stimulated(event) == {ingredient} for s in known):
            tried.append(limits_of(known, drug, event, put_back=ingredient))
    if not tried:
        return "not applicable", None
    outcome = "passes" if all(one.crosses for one in tried) else "fails"
    return outcome, min((one.clearance for one in tried), key=_nan_first)


def _nan_first(value: float) -> float:
    return -np.inf if np.isnan(value) else value


@given(histories(), st.data(), st.integers(3, 4))
@settings(many, max_examples=6)
def test_what_was_said_at_a_quarter_is_what_a_run_up_to_it_says(stays, data, n):
    pairs = data.draw(loosely_linked(stays))

    def said(quarters: range) -> list[list[object]]:
        with judged(stays, quarters, looser=pairs) as (con, analysis):
            judge_classes(con, analysis)
            tables = [
                *check_hinges(con, analysis).to_pylist(),
                *check_duplicates(con, analysis).to_pylist(),
                *warehouse.query_rows(
                    con, "select * exclude (is_latest) from signals.class_check"
                ),
            ]
        last = QUARTERS[n - 1]
        return [list(row.values()) for row in tables if row["quarter_no"] <= last]

    assert said(QUARTERS) == said(QUARTERS[:n])
