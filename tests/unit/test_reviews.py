"""Decisions stand until evidence grows, and their words make no claim."""

import datetime as dt
from typing import Any

import pandas as pd
import pytest

from pvsignal.analysis import Review
from pvsignal.signals import ledger, reviews
from pvsignal.signals.reviews import Decision, decisions, open_signals, problems
from pvsignal.signals.states import SHOWN

PAIR = ("fingolimod", "skin_bcc")
DAY = dt.date(2024, 5, 6)


def _evidence(**values: Any) -> dict[str, Any]:
    return {
        "drug": PAIR[0],
        "event": PAIR[1],
        "state": "new",
        "a": 6,
        "flagged_in": "A+B",
        "first_crossing": "2024q1",
        "since": "2024q1",
    } | values


def _decided(
    decision: str, records: tuple[ledger.Record, ...] = (), **values: Any
) -> tuple[ledger.Record, ...]:
    draft = reviews.review_record(
        _evidence(**values),
        run="r1",
        as_of="2024q1",
        decision=Decision(decision),
        reason="All cases come from one sender.",
        by="A. Reviewer",
        date=DAY,
    )
    return ledger.chain(records, [draft])


def _moved(records: tuple[ledger.Record, ...], to: str) -> tuple[ledger.Record, ...]:
    body = {"drug": PAIR[0], "event": PAIR[1], "from": "new", "to": to}
    return ledger.chain(records, [ledger.Draft("state", "r2", "2024q2", body)])


def _status(
    records: tuple[ledger.Record, ...], rule: Review | None = None, **now: Any
) -> tuple[str, str | None]:
    current = pd.DataFrame([_evidence(**now)])
    last = decisions(records, current, rule=rule or Review()).iloc[-1]
    return last["status"], last["why_reopened"]


def test_a_decision_keeps_what_was_seen_when_and_by_whom() -> None:
    found = decisions(_decided("close"), pd.DataFrame([_evidence()]), rule=Review())
    assert list(found.columns) == list(reviews.COLUMNS)
    assert found.to_dict("records") == [
        {
            "drug": "fingolimod",
            "event": "skin_bcc",
            "decision": "close",
            "by": "A. Reviewer",
            "date": "2024-05-06",
            "reason": "All cases come from one sender.",
            "as_of": "2024q1",
            "a_then": 6,
            "state_then": "new",
            "status": "standing",
            "why_reopened": None,
            "seq": 1,
        }
    ]


def test_no_decision_is_an_empty_table_with_all_columns() -> None:
    found = decisions((), pd.DataFrame([_evidence()]), rule=Review())
    assert found.empty
    assert list(found.columns) == list(reviews.COLUMNS)


@pytest.mark.parametrize("decision", ["close", "monitor", "refute"])
@pytest.mark.parametrize(
    ("then", "now", "why"),
    [
        ({}, {}, None),
        ({}, {"state": "monitored"}, None),
        ({}, {"state": "emerging"}, "became emerging since (was new)"),
        ({"state": "emerging"}, {"state": "emerging"}, None),
        ({}, {"a": 8}, None),
        ({}, {"a": 9}, "a grew from 6 to 9"),
        ({"a": 7}, {"a": 10}, None),
        ({"a": 7}, {"a": 11}, "a grew from 7 to 11"),
        ({"a": 3}, {"a": 5}, None),
        ({"a": 3}, {"a": 6}, "a grew from 3 to 6"),
        ({"a": 0}, {"a": 3}, "a grew from 0 to 3"),
        ({}, {"a": 2}, None),
        ({}, {"a": None}, None),
        ({"a": None}, {"a": 30}, None),
        ({}, {"flagged_in": "A"}, None),
        ({}, {"flagged_in": "A+B+C"}, "newly flagged in C"),
        ({"flagged_in": None}, {"flagged_in": "A+C"}, "newly flagged in A and C"),
        ({"flagged_in": ""}, {"flagged_in": ""}, None),
        ({}, {"a": 9, "flagged_in": "C"}, "a grew from 6 to 9; newly flagged in C"),
    ],
)
def test_a_decision_is_open_again_once_the_evidence_has_grown(
    decision: str, then: dict[str, Any], now: dict[str, Any], why: str | None
) -> None:
    status, said = _status(_decided(decision, **then), **now)
    assert (status, said) == ("reopened" if why else "standing", why)


def test_a_decision_stays_reopened_when_the_pair_has_emerged_and_gone_back() -> None:
    records = _moved(_moved(_decided("close"), "emerging"), "monitored")
    assert _status(records, state="monitored")[0] == "reopened"


def test_what_emerged_before_the_decision_opens_nothing() -> None:
    records = _decided("close", _moved((), "emerging"), state="emerging")
    assert _status(records, state="emerging") == ("standing", None)


def test_a_pair_that_emerges_anew_after_a_decision_on_it_as_emerging_is_open() -> None:
    records = _decided("close", state="emerging")
    records = _moved(_moved(records, "monitored"), "emerging")
    assert _status(records, state="emerging")[0] == "reopened"


@pytest.mark.parametrize("decision", ["close", "monitor", "refute"])
@pytest.mark.parametrize(
    ("then", "now", "why"),
    [
        ("2024q1", "2024q1", None),
        ("2023q4", "2024q1", None),
        ("2024q1", "2023q4", None),
        ("2024q1", None, None),
        (None, None, None),
        ("2019q2", "2024q2", "crossed anew in 2024q2"),
        (None, "2024q2", "crossed for the first time in 2024q2"),
    ],
)
def test_a_crossing_later_than_the_decision_opens_it_again(
    decision: str, then: str | None, now: str | None, why: str | None
) -> None:
    records = _decided(decision, first_crossing=then, state="resolved")
    status, said = _status(records, first_crossing=now)
    assert (status, said) == ("reopened" if why else "standing", why)


@pytest.mark.parametrize("decision", ["validate", "escalate"])
def test_what_stays_open_is_never_opened_again(decision: str) -> None:
    now = {"state": "emerging", "a": 60, "flagged_in": "A+B+C"}
    now["first_crossing"] = "2024q3"
    assert _status(_decided(decision), **now) == ("standing", None)


def test_a_later_decision_on_the_pair_takes_the_place_of_the_earlier() -> None:
    records = _decided("monitor", _decided("close"), a=20)
    found = decisions(records, pd.DataFrame([_evidence(a=20)]), rule=Review())
    assert list(found["status"]) == ["superseded", "standing"]


def test_a_pair_that_is_not_counted_any_more_opens_nothing() -> None:
    nothing = pd.DataFrame([_evidence()]).iloc[:0]
    found = decisions(_decided("close"), nothing, rule=Review())
    assert list(found["status"]) == ["standing"]


def test_the_numbers_of_the_rule_are_those_of_the_analysis() -> None:
    rule = Review(reopen_share=0.1, reopen_cases=1)
    assert _status(_decided("close", a=30), rule, a=33)[0] == "reopened"
    assert _status(_decided("close", a=30), rule, a=32)[0] == "standing"


def _listed(records: tuple[ledger.Record, ...], *pairs: dict[str, Any]) -> list[str]:
    table = pd.DataFrame([_evidence(**pair) for pair in pairs])
    found = open_signals(table, decisions(records, table, rule=Review()))
    return list(found["drug"])


def test_signals_that_wait_are_listed_the_emerging_ones_first() -> None:
    pairs = [{"drug": state, "state": state} for state in SHOWN]
    waiting = ["emerging", "new", "persistent_unlabelled", "provisional_only"]
    assert _listed((), *pairs) == waiting


@pytest.mark.parametrize(
    "state", ["new", "emerging", "persistent_unlabelled", "provisional_only"]
)
def test_a_signal_that_waits_leaves_the_list_by_a_decision_only(state: str) -> None:
    assert _listed((), {"state": state}) == ["fingolimod"]
    assert _listed(_decided("close", state=state), {"state": state}) == []


@pytest.mark.parametrize("decision", ["close", "monitor", "refute"])
def test_a_standing_decision_takes_a_signal_off_the_list(decision: str) -> None:
    assert _listed(_decided(decision), {}) == []
    assert _listed(_decided(decision), {"a": 60}) == ["fingolimod"]


@pytest.mark.parametrize("decision", ["validate", "escalate"])
def test_validated_and_escalated_signals_stay_on_the_list(decision: str) -> None:
    assert _listed(_decided(decision), {"state": "resolved"}) == ["fingolimod"]


def test_a_reopened_signal_is_listed_in_whatever_state() -> None:
    assert _listed(_decided("close"), {"state": "monitored", "a": 60}) == ["fingolimod"]
    assert _listed(_decided("close"), {"state": "monitored"}) == []


@pytest.mark.parametrize(
    ("reason", "by", "said"),
    [
        ("", "A. Reviewer", "the reason is empty"),
        ("  ", "A. Reviewer", "the reason is empty"),
        ("Seen.", " ", "the name is empty"),
        ("One\ntwo", "A. Reviewer", "not one line"),
        ("One\u2028two", "A. Reviewer", "not one line"),
        ("Seen\x00.", "A. Reviewer", "cannot be printed"),
        ("Seen \udcff.", "A. Reviewer", "cannot be printed"),
        ("Seen.", "A.\nReviewer", "the name is not one line"),
        ("The risk is doubled.", "A. Reviewer", "say 'signal of"),
    ],
)
def test_words_that_may_not_stand_are_refused(reason: str, by: str, said: str) -> None:
    assert said in "; ".join(problems(reason=reason, by=by))
    with pytest.raises(ValueError, match=said[:12]):
        reviews.review_record(
            _evidence(),
            run="r1",
            as_of="2024q1",
            decision=Decision.CLOSE,
            reason=reason,
            by=by,
            date=DAY,
        )


def test_a_name_may_hold_any_letters() -> None:
    assert problems(reason="Seen, no further case.", by="Dr. Åsa Öberg-森") == ()
