"""Recounted crossings equal slow counting case by case, at every quarter."""

from __future__ import annotations

from hypothesis import given, settings

from pvsignal import warehouse
from pvsignal.pipeline.judging.classes import judge_classes
from tests.hinges import (
    CLASS,
    FIRST,
    LOW,
    N_QUARTERS,
    current,
    histories,
    judged,
    limits_of,
    same,
)

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
