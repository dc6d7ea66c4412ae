"""The ledger says in which state each pair is shown, and why that changed."""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pvsignal.analysis import Review
from pvsignal.quarter import Quarter
from pvsignal.signals import ledger, reviews
from pvsignal.signals.lifecycle import (
    EARLIER,
    EVIDENCE,
    KEY,
    records_since,
    replayed,
    state_records,
    unrecorded,
)
from pvsignal.signals.states import OVERLAYS, SHOWN, TRANSITIONS
from pvsignal.signals.wording import refusals

ROW: dict[str, Any] = {
    "drug": "fingolimod",
    "event": "skin_bcc",
    "state": "new",
    "evidence_state": "new",
    "novelty": "unlabelled",
    "first_crossing": "2014q3",
    "a": 7,
    "n_drug": 1200,
    "expected": 2.123456789,
    "ror_low_a": 1.5,
    "ror_low_b": np.nan,
    "ror_low_c": None,
    "ic025_year": 0.25,
    "failing_checks": None,
}


def _current(*rows: dict[str, Any]) -> pd.DataFrame:
    columns = [*KEY, "state", *EVIDENCE]
    return pd.DataFrame([ROW | row for row in rows], columns=columns)


def _then(
    records: tuple[ledger.Record, ...], *rows: dict[str, Any]
) -> tuple[tuple[ledger.Record, ...], list[dict[str, Any]]]:
    drafts = state_records("r2", "2024q1", _current(*rows), records)
    return ledger.chain(records, drafts), [dict(draft.body) for draft in drafts]


def test_a_pair_that_is_new_is_recorded_with_the_evidence_of_the_run() -> None:
    records, bodies = _then((), {})
    assert bodies == [
        {
            "drug": "fingolimod",
            "event": "skin_bcc",
            "from": "none",
            "to": "new",
            "reason": "crosses for the first time",
            "evidence": {
                **{name: ROW[name] for name in EVIDENCE},
                "expected": 2.12346,
                "ror_low_b": None,
                "failing_checks": [],
            },
        }
    ]
    assert (records[0].kind, records[0].run, records[0].as_of) == (
        *("state", "r2"),
        "2024q1",
    )


def test_a_pair_in_the_state_it_was_recorded_in_is_not_recorded_again() -> None:
    records, _ = _then((), {})
    assert _then(records, {"a": 9})[1] == []


def test_a_pair_that_never_left_none_is_not_recorded() -> None:
    assert _then((), {"state": "none", "evidence_state": "none"})[1] == []


def test_a_pair_without_a_row_goes_back_to_none() -> None:
    records, _ = _then((), {})
    records, (body,) = _then(records)
    assert (body["from"], body["to"], body["evidence"]) == ("new", "none", None)
    assert body["reason"].startswith("no state any more")
    assert _then(records)[1] == []


@pytest.mark.parametrize(
    ("states", "reason"),
    [
        (("new", "emerging"), "still crosses, and a further case came in"),
        (("new", "labelled_specific"), "a label names the event, by a date up to"),
        (("labelled_broad", "monitored"), "no longer labelled_broad"),
        (("monitored",), "in this state when it was first recorded"),
        (("new", "persistent_unlabelled"), "several steps since the last record"),
        (("emerging", "none"), "no state any more"),
    ],
)
def test_the_reason_says_what_happened(states: tuple[str, ...], reason: str) -> None:
    records: tuple[ledger.Record, ...] = ()
    for state in states:
        records, (body,) = _then(records, {"state": state})
    assert body["reason"].startswith(reason)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (
            ("flagged_artefact", "emerging"),
            ("monitored", "monitored"),
            "does not cross, or two quarters brought no case",
        ),
        (
            ("labelled_specific", "monitored"),
            ("resolved", "resolved"),
            "lower limit in A at or below its threshold for four quarters",
        ),
        (("provisional_only", "none"), ("new", "new"), "crosses for the first time"),
        (
            ("explained", "new"),
            ("emerging", "emerging"),
            "still crosses, and a further case came in; no longer explained",
        ),
        (
            ("explained", "new"),
            ("new", "new"),
            "no longer explained: shows the state of its evidence",
        ),
        # Several steps below the overlay, of which the ledger holds no record.
        (
            ("explained", "new"),
            ("persistent_unlabelled", "persistent_unlabelled"),
            "no longer explained: shows the state of its evidence",
        ),
    ],
)
def test_the_evidence_is_the_reason_where_it_ends_what_stood_over_it(
    before: tuple[str, str], after: tuple[str, str], reason: str
) -> None:
    names = ("state", "evidence_state")
    records, _ = _then((), dict(zip(names, before, strict=True)))
    _, (body,) = _then(records, dict(zip(names, after, strict=True)))
    assert body["reason"] == reason


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        ("flagged_artefact", "no state any more"),
        ("provisional_only", "no longer provisional_only"),
    ],
)
def test_a_pair_whose_row_is_gone_has_no_state_below_what_stood_over_it(
    before: str, reason: str
) -> None:
    records, _ = _then((), {"state": before})
    _, (body,) = _then(records)
    assert body["reason"].startswith(reason)


def test_a_failing_check_is_named_in_the_reason() -> None:
    row = {"state": "flagged_artefact", "failing_checks": "hinges, concentration"}
    _, (body,) = _then((), row)
    assert body["reason"].endswith("fails: concentration, hinges")
    assert body["evidence"]["failing_checks"] == ["concentration", "hinges"]


def test_two_rows_of_a_pair_are_refused() -> None:
    with pytest.raises(ValueError, match="two rows"):
        _then((), {}, {"state": "emerging"})


def test_a_limit_without_end_is_written_as_such() -> None:
    _, (body,) = _then((), {"ror_low_a": np.inf})
    assert body["evidence"]["ror_low_a"] == "inf"


def test_counts_beside_a_missing_one_stay_whole_numbers() -> None:
    _, bodies = _then((), {"n_drug": np.nan}, {"drug": "ozanimod"})
    assert [body["evidence"]["n_drug"] for body in bodies] == [None, 1200]
    assert type(bodies[1]["evidence"]["n_drug"]) is int


def test_reasons_make_no_claim() -> None:
    reasons = [cover.why for cover in OVERLAYS.values()]
    reasons += [why for steps in TRANSITIONS.values() for why in steps.values()]
    for before in SHOWN:
        for after in SHOWN:
            if before != after:
                records, _ = _then((), {"state": before})
                reasons += [
                    body["reason"] for body in _then(records, {"state": after})[1]
                ]
    assert [str(x) for reason in reasons for x in refusals(reason)] == []


def _run(run: str, as_of: str) -> ledger.Draft:
    return ledger.Draft("run", run, as_of, {})


def _quarters(*texts: str) -> list[Quarter]:
    return [Quarter.parse(text) for text in texts]


def _earlier(*rows: dict[str, Any]) -> pd.DataFrame:
    columns = ["quarter", *KEY, "state", *EARLIER]
    return pd.DataFrame([ROW | row for row in rows], columns=columns)


def _since(
    records: tuple[ledger.Record, ...],
    held: list[Quarter],
    current: pd.DataFrame,
    *earlier: dict[str, Any],
) -> list[tuple[str, str, str, str]]:
    drafts = records_since(
        "r2", held, current=current, earlier=_earlier(*earlier), before=records
    )
    assert {draft.run for draft in drafts} <= {"r2"}
    assert {draft.kind for draft in drafts} <= {"state"}
    return [
        (draft.as_of, draft.body["drug"], draft.body["from"], draft.body["to"])
        for draft in drafts
    ]


HELD = _quarters("2018q4", "2019q1", "2019q2", "2019q3")


def test_quarters_that_landed_at_once_are_recorded_one_after_the_other() -> None:
    records = ledger.chain((), [_run("r1", "2018q4")])
    found = _since(
        records,
        HELD,
        _current({"state": "monitored", "evidence_state": "monitored"}),
        {"quarter": "2019q2", "state": "emerging"},
        {"quarter": "2019q1", "state": "new"},
        {"quarter": "2019q1", "drug": "ozanimod", "state": "new"},
    )
    assert found == [
        ("2019q1", "fingolimod", "none", "new"),
        ("2019q1", "ozanimod", "none", "new"),
        ("2019q2", "fingolimod", "new", "emerging"),
        ("2019q2", "ozanimod", "new", "none"),
        ("2019q3", "fingolimod", "emerging", "monitored"),
    ]


def test_of_a_skipped_quarter_the_limits_are_not_recorded() -> None:
    records = ledger.chain((), [_run("r1", "2019q1")])
    (first, last) = records_since(
        "r2",
        HELD,
        current=_current({"state": "emerging"}),
        earlier=_earlier({"quarter": "2019q2", "failing_checks": "onset"}),
        before=records,
    )
    known = {name: ROW[name] for name in EARLIER} | {"failing_checks": ["onset"]}
    assert first.body["evidence"] == dict.fromkeys(EVIDENCE) | known
    assert last.body["evidence"]["ror_low_a"] == ROW["ror_low_a"]


@pytest.mark.parametrize("last", [None, "2019q3", "2019q4"])
def test_a_first_run_and_one_of_the_same_quarter_record_the_last_quarter(
    last: str | None,
) -> None:
    records = ledger.chain((), [_run("r1", last)] if last else [])
    earlier = {"quarter": "2019q2", "state": "emerging"}
    found = _since(records, HELD, _current({"state": "monitored"}), earlier)
    assert found == [("2019q3", "fingolimod", "none", "monitored")]


def test_only_quarters_after_the_last_run_are_recorded() -> None:
    runs = [_run("r0", "2018q4"), _run("r1", "2019q2")]
    records = ledger.chain((), runs)
    earlier = {"quarter": "2019q1", "state": "emerging"}
    found = _since(records, HELD, _current(), earlier)
    assert found == []
    assert unrecorded(HELD, records) == tuple(HELD[3:])
    assert unrecorded(HELD, records[:1]) == tuple(HELD[1:])
    assert unrecorded(HELD, ()) == tuple(HELD[3:])


def test_a_decision_is_opened_again_by_a_quarter_that_was_skipped() -> None:
    pair = {
        **{"drug": "fingolimod", "event": "skin_bcc", "state": "new", "a": 7},
        **{"flagged_in": "A+B", "first_crossing": "2018q4", "since": "2018q4"},
    }
    decided = reviews.review_record(
        pair,
        run="r1",
        as_of="2018q4",
        decision=reviews.Decision.CLOSE,
        reason="Seen.",
        by="A. Reviewer",
        date=dt.date(2019, 1, 31),
    )
    records, _ = _then(ledger.chain((), [_run("r1", "2018q4")]), {})
    records = ledger.chain(records, [decided])
    drafts = records_since(
        "r2",
        HELD[:3],
        current=_current({"state": "monitored"}),
        earlier=_earlier({"quarter": "2019q1", "state": "emerging"}),
        before=records,
    )
    now = pd.DataFrame([pair | {"state": "monitored"}])
    found = reviews.decisions(ledger.chain(records, drafts), now, rule=Review())
    assert list(found["why_reopened"]) == ["became emerging since (was new)"]


_STATES = st.dictionaries(
    st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), st.sampled_from(SHOWN)
)


@given(st.lists(_STATES, min_size=1, max_size=6))
def test_folding_the_ledger_gives_the_current_state_of_every_pair(
    history: list[dict[tuple[str, str], str]],
) -> None:
    records: tuple[ledger.Record, ...] = ()
    for current in history:
        rows = [
            {"drug": drug, "event": event, "state": state}
            for (drug, event), state in current.items()
        ]
        before = replayed(records)
        records, bodies = _then(records, *rows)
        told = {pair: body["to"] for pair, body in replayed(records).items()}
        pairs = told.keys() | current.keys()
        assert all(
            told.get(pair, "none") == current.get(pair, "none") for pair in pairs
        )
        for body in bodies:
            last = before.get((body["drug"], body["event"]))
            assert body["from"] == (last["to"] if last else "none") != body["to"]
