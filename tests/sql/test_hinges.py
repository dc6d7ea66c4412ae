"""Situations in which a crossing hangs on a part of its reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest

from pvsignal import warehouse
from pvsignal.analysis import Thresholds
from pvsignal.pipeline.judging.classes import judge_classes
from tests.hinges import ANY_E, CLASS, FIRST, Told, judged, reports

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
