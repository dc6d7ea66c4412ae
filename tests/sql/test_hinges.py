"""Situations in which a crossing hangs on a part of its reports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
import pytest

from pvsignal import warehouse
from pvsignal.analysis import Thresholds
from pvsignal.pipeline.judging.classes import judge_classes
from pvsignal.pipeline.judging.duplicates import check_duplicates
from pvsignal.pipeline.judging.hinges import check_hinges
from tests.hinges import ANY_E, CLASS, FIRST, E, Looser, Told, judged, reports
from tests.over_time import Event

USUAL = Thresholds()
EVENT = frozenset([ANY_E])
X, Y, R, S = (frozenset([name]) for name in "xyrs")
# What the pairs are compared with: people with the disease and others, event and none.
BACKGROUND = [
    *reports(300, 1000),
    *reports(20, 2000, events=EVENT),
    *reports(60, 3000, is_ms=True, drugs=R),
    *reports(3, 4000, is_ms=True, drugs=R, events=EVENT),
]


def _classes(stays: Sequence[Told]) -> dict[str, Any]:
    """What is said of the class and the event at the only quarter."""
    with judged([*BACKGROUND, *stays], [FIRST], limits=USUAL) as (con, analysis):
        judge_classes(con, analysis)
        rows = warehouse.query_rows(
            con, f"from signals.class_check where drug = '{CLASS}'"
        )
    (row,) = rows
    return row


def _checked(stays: Sequence[Told], drug: str, event: Event) -> dict[str, Any]:
    """What the check of hinges says of a pair at the only quarter."""
    with judged(stays, [FIRST], limits=USUAL) as (con, analysis):
        rows = check_hinges(con, analysis).to_pylist()
    (row,) = [row for row in rows if (row["drug"], row["event"]) == (drug, event[1])]
    return row


def _drug(drug: frozenset[str], first: int, *, n_event: int) -> list[Told]:
    """Twenty reports of a drug in people with the disease, some with the event."""
    return [
        *reports(n_event, first, is_ms=True, drugs=drug, events=EVENT),
        *reports(20 - n_event, first + n_event, is_ms=True, drugs=drug),
    ]


def test_a_class_that_crosses_without_its_largest_member_holds() -> None:
    row = _classes(_drug(X, 1, n_event=9) + _drug(Y, 51, n_event=8))
    assert (row["largest_member"], row["n_members"]) == ("x", 2)
    assert (row["a"], row["a_without"], row["n_drug_without"]) == (17, 8, 20)
    assert row["crosses"] and row["crosses_without"] and row["holds"]


def test_a_class_that_only_its_largest_member_carries_does_not_hold() -> None:
    row = _classes(_drug(X, 1, n_event=12) + _drug(Y, 51, n_event=3))
    assert (row["n_members"], row["crosses"]) == (2, True)
    assert (row["crosses_without"], row["holds"]) == (False, False)


def test_a_class_with_one_member_in_question_does_not_hold() -> None:
    row = _classes(_drug(X, 1, n_event=9) + _drug(Y, 51, n_event=2))
    assert (row["n_members"], row["holds"]) == (1, False)


def test_reports_that_name_a_second_member_stay_without_the_largest() -> None:
    both = reports(4, 101, is_ms=True, drugs=X | Y, events=EVENT)
    row = _classes([*_drug(X, 1, n_event=9), *both])
    assert (row["a"], row["a_without"]) == (13, 4)
    assert (row["n_drug"], row["n_drug_without"]) == (24, 4)


def test_without_any_report_left_there_is_no_limit() -> None:
    row = _classes(_drug(X, 1, n_event=9))
    assert row["n_drug_without"] == 0
    assert row["ic025_year_without"] is None
    assert row["ror_low_without_b"] is None


def test_the_published_view_has_a_row_of_each_check_with_the_words_of_the_list() -> (
    None
):
    stays = [*BACKGROUND, *_drug(X, 1, n_event=9)]
    words = pd.DataFrame(
        [{"drug": CLASS, "label": "Both", "members": "x, y", "certainty": "low"}]
    ).assign(rationale="")
    with judged(stays, [FIRST], limits=USUAL) as (con, analysis):
        judge_classes(con, analysis)
        warehouse.load_frame(con, "codelists.therapy_class", words)
        warehouse.run_model(con, warehouse.read_model("5_api/classes"))
        (row,) = warehouse.query_rows(con, "from api.classes")
    assert (row["class_label"], row["members"], row["rationale"]) == (
        "Both",
        "x, y",
        None,
    )
    assert (row["as_of"], row["is_latest"], row["a"]) == (f"q{FIRST}", True, 9)


@pytest.mark.parametrize("names", ["xy", "yx"])
def test_of_two_members_of_one_size_the_first_by_name_leaves(names: str) -> None:
    drugs = [frozenset([name]) for name in names]
    row = _classes(_drug(drugs[0], 1, n_event=9) + _drug(drugs[1], 51, n_event=9))
    assert row["largest_member"] == "x"


# Half of the reports of x with the event, in people without a stated disease: B has
# none of them, so that the verdict is that of A and C.
ONLY_C = [
    *reports(300, 1000),
    *reports(20, 2000, events=EVENT),
    *reports(8, 1, drugs=X, events=EVENT),
    *reports(8, 51, drugs=X),
]


def test_a_verdict_that_b_carries_does_not_need_the_reference() -> None:
    row = _checked([*BACKGROUND, *_drug(X, 1, n_event=9)], "x", ANY_E)
    assert row["outcome"] == "not applicable"
    assert row["words"] == (
        "B flags, so that C is not needed, and no litigated drug concerns it"
    )
    assert (row["value"], row["of_n"]) == (None, None)


def test_a_verdict_that_needs_a_single_reference_therapy_fails() -> None:
    # Of s nearly all have the event: without r nothing is left to stand out from.
    reference = [
        *reports(60, 3000, drugs=R),
        *reports(2, 3500, drugs=R, events=EVENT),
        *reports(10, 4000, drugs=S, events=EVENT),
        *reports(2, 4500, drugs=S),
    ]
    row = _checked([*ONLY_C, *reference], "x", ANY_E)
    assert row["outcome"] == "fails"
    assert row["words"].startswith("C no longer flags without r (ror_low 0.0")
    assert row["value"] < 0
    assert row["of_n"] == 8


def test_a_verdict_that_any_one_reference_therapy_may_leave_passes() -> None:
    reference = [
        *reports(60, 3000, drugs=R),
        *reports(2, 3500, drugs=R, events=EVENT),
        *reports(60, 4000, drugs=S),
        *reports(3, 4500, drugs=S, events=EVENT),
    ]
    row = _checked([*ONLY_C, *reference], "x", ANY_E)
    assert row["outcome"] == "passes"
    assert row["words"].startswith("C flags without each reference therapy (least r")


def test_a_report_with_the_drug_or_two_reference_therapies_stays() -> None:
    # All that r has beside x or s: without r the reference is what it was.
    reference = [
        *reports(60, 3000, drugs=R | S),
        *reports(2, 3500, drugs=R | S, events=EVENT),
        *reports(2, 3600, drugs=X | R),
    ]
    row = _checked([*ONLY_C, *reference], "x", ANY_E)
    assert row["outcome"] == "not applicable"
    assert "no report of the reference names one therapy" in row["words"]


LITIGATION = frozenset([E])


def _with_litigated(**said: object) -> list[Told]:
    """A pair that crosses, and sixty reports of the event that say what is given."""
    return [
        *reports(300, 1000),
        *reports(4, 2000, events=LITIGATION),
        *reports(60, 3000, is_ms=True, drugs=R),
        *reports(3, 4000, is_ms=True, drugs=R, events=LITIGATION),
        *reports(6, 1, is_ms=True, drugs=X, events=LITIGATION),
        *reports(24, 51, is_ms=True, drugs=X),
        *reports(60, 5000, events=LITIGATION, **said),
    ]


def test_a_verdict_that_the_reports_of_a_litigated_drug_undo_fails() -> None:
    row = _checked(_with_litigated(ingredients=frozenset("i")), "x", E)
    assert row["outcome"] == "fails"
    assert "no longer crosses with the reports of i (ic025_year -" in row["words"]


def test_a_report_that_two_litigated_drugs_keep_out_is_not_put_back() -> None:
    row = _checked(_with_litigated(ingredients=frozenset("ij")), "x", E)
    assert row["outcome"] == "not applicable"
    assert row["words"].endswith("no report of a litigated drug is known")


def test_a_second_drug_in_a_year_that_is_not_litigated_does_not_count() -> None:
    said = {"ingredients": frozenset("ij"), "year": 2020}
    row = _checked(_with_litigated(**said), "x", E)
    assert "each litigated drug (least i: " in row["words"]


def test_litigated_reports_with_the_drug_come_back_to_its_cells() -> None:
    said = {"ingredients": frozenset("i"), "is_ms": True, "drugs": X}
    row = _checked(_with_litigated(**said), "x", E)
    assert (row["outcome"], row["of_n"]) == ("passes", 6)
    assert "crosses with the reports of each litigated drug (least i" in row["words"]


def _duplicates(stays: Sequence[Told], looser: Sequence[Looser]) -> dict[str, Any]:
    """What the check of duplicates says of x and the event at the only quarter."""
    with judged(stays, [FIRST], looser=looser, limits=USUAL) as (con, analysis):
        rows = check_duplicates(con, analysis).to_pylist()
    (row,) = [row for row in rows if (row["drug"], row["event"]) == ("x", ANY_E[1])]
    return row


def _linked(cases: Iterable[int], weight: float = 0.5) -> list[Looser]:
    """Reports that are loosely linked to a smaller case for good."""
    return [Looser(10 * case + 1, weight, FIRST, None) for case in cases]


CROSSING = [*BACKGROUND, *_drug(X, 1, n_event=9)]


def test_a_crossing_that_loosely_linked_reports_carry_fails() -> None:
    row = _duplicates(CROSSING, _linked(range(1, 8)))
    assert (row["outcome"], row["value"], row["of_n"]) == ("fails", 2, 9)
    assert row["words"].startswith(
        "with duplicates suspected from 0 bits on 2 of 9 reports stay: no longer "
        "crosses (ic025_year "
    )


def test_a_crossing_that_stays_without_loosely_linked_reports_passes() -> None:
    row = _duplicates(CROSSING, _linked([1]))
    assert (row["outcome"], row["value"], row["of_n"]) == ("passes", 8, 9)
    assert row["words"] == (
        "with duplicates suspected from 0 bits on 8 of 9 reports stay: still crosses"
    )


def test_a_weight_below_the_looser_threshold_takes_no_report() -> None:
    row = _duplicates(CROSSING, _linked(range(1, 8), weight=-0.5))
    assert (row["outcome"], row["value"]) == ("passes", 9)


def test_reports_without_the_drug_stay_however_they_are_linked() -> None:
    row = _duplicates(CROSSING, _linked(range(2000, 2020)))
    whole = _duplicates(CROSSING, [])
    assert row == whole


def test_a_report_with_several_loose_links_leaves_once() -> None:
    row = _duplicates(CROSSING, [*_linked([1, 2]), *_linked([1], 1.5), *_linked([1])])
    assert row["value"] == 7


def test_a_pair_that_does_not_cross_is_not_judged() -> None:
    # Of its only reference every report has the event, and B is empty.
    reference = reports(40, 3000, drugs=R, events=EVENT)
    row = _checked([*ONLY_C, *reference], "x", ANY_E)
    assert row["outcome"] == "not applicable"
    assert row["words"] == "the pair does not cross in this quarter"
    row = _duplicates([*ONLY_C, *reference], _linked([1]))
    assert row["outcome"] == "not applicable"
    assert row["words"] == "the pair does not cross in this quarter"
