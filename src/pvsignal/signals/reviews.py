"""Decisions of people on signals, and when later evidence opens one again.

References
----------
docs/signals.md, "Ledger and reviews".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import pandas as pd

from pvsignal.analysis import Review
from pvsignal.quarter import Quarter
from pvsignal.signals.ledger import Draft, Record
from pvsignal.signals.states import Overlay, State
from pvsignal.signals.wording import refusals


class Decision(StrEnum):
    """What a reviewer decides on a signal."""

    CLOSE = "close"
    MONITOR = "monitor"
    VALIDATE = "validate"
    ESCALATE = "escalate"
    REFUTE = "refute"


class Standing(StrEnum):
    """What has become of a decision since."""

    STANDING = "standing"
    REOPENED = "reopened"
    SUPERSEDED = "superseded"


STAYS_OPEN: Final = (Decision.VALIDATE, Decision.ESCALATE)
"""Decisions that leave a signal on the list; there is nothing to open again."""

OPEN_STATES: Final = (
    *(str(State.EMERGING), str(State.NEW)),
    *(str(State.PERSISTENT), str(Overlay.PROVISIONAL)),
)
"""States in which a signal waits for a decision, in the order of the list."""

COLUMNS: Final = (
    *("drug", "event", "decision", "by", "date", "reason", "as_of"),
    *("a_then", "state_then", "status", "why_reopened", "seq"),
)

EVIDENCE: Final = ("state", "a", "flagged_in", "first_crossing", "since")
"""What a ``review`` record keeps of the pair as it was at the decision."""


def problems(*, reason: str, by: str) -> tuple[str, ...]:
    """Say what is wrong with the words of a decision, nothing if they may stand.

    Parameters
    ----------
    reason
        Why it was decided so: one line, without the words that
        `pvsignal.signals.wording.refusals` refuses.
    by
        Name of the person, one line.
    """
    found = []
    for what, text in (("reason", reason), ("name", by)):
        if not text.strip():
            found.append(f"the {what} is empty")
        elif not text.strip().isprintable():
            found.append(
                f"the {what} is not one line of text: it holds a line break or a sign "
                "that cannot be printed"
            )
    if not found:
        found = [f"the reason says {refusal}" for refusal in refusals(reason)]
    return tuple(found)


def review_record(
    pair: Mapping[str, Any],
    *,
    run: str,
    as_of: str,
    decision: Decision,
    reason: str,
    by: str,
    date: dt.date,
) -> Draft:
    """Record of a decision with the evidence as it was.

    Parameters
    ----------
    pair
        ``drug``, ``event`` and the values of `EVIDENCE`, plain Python ones.
    run, as_of
        Published run that the reviewer looked at.
    decision, reason, by, date
        What, why, who and on which day.

    Raises
    ------
    ValueError
        If reason or name may not stand (`problems`).
    """
    wrong = problems(reason=reason, by=by)
    if wrong:
        raise ValueError("; ".join(wrong))
    body = {
        "drug": pair["drug"],
        "event": pair["event"],
        "decision": str(decision),
        "reason": reason.strip(),
        "by": by.strip(),
        "date": date.isoformat(),
        "evidence": {name: pair[name] for name in EVIDENCE},
    }
    return Draft("review", run, as_of, body)


def decisions(
    records: Sequence[Record], current: pd.DataFrame, *, rule: Review
) -> pd.DataFrame:
    """All decisions with what has become of each.

    Parameters
    ----------
    records
        Records of the ledger.
    current
        Pairs as they are now: ``drug``, ``event``, ``state``, ``a`` (NULL where it is
        not counted), ``flagged_in`` such as ``A+C`` and ``first_crossing`` (None where
        there is none); one row per pair.
    rule
        How much evidence must grow to open a decision again.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`, one row per decision by ``seq``. ``status``: ``superseded`` by a
        later one on the same pair; ``reopened`` with ``why_reopened`` (None
        elsewhere); else ``standing``.
    """
    latest = {
        (record.body["drug"], record.body["event"]): record.seq
        for record in records
        if record.kind == "review"
    }
    now: dict[tuple[str, str], dict[Any, Any]] = {
        (row["drug"], row["event"]): row for row in current.to_dict("records")
    }
    moved = _moves_to_emerging(records)
    rows = []
    for record in records:
        if record.kind != "review":
            continue
        body, then = record.body, record.body["evidence"]
        pair = (body["drug"], body["event"])
        why = ""
        if record.seq == latest[pair] and body["decision"] not in STAYS_OPEN:
            has_moved = moved.get(pair, 0) > record.seq
            today = now.get(pair, {})
            why = "; ".join(
                (
                    *_why_reopened(then, today, rule=rule, has_moved=has_moved),
                    *_crossed_since(then, today, as_of=record.as_of),
                )
            )
        status = (
            Standing.SUPERSEDED
            if record.seq != latest[pair]
            else Standing.REOPENED
            if why
            else Standing.STANDING
        )
        rows.append(
            {
                **{name: body[name] for name in COLUMNS[:6]},
                "as_of": record.as_of,
                "a_then": then["a"],
                "state_then": then["state"],
                "status": str(status),
                "why_reopened": why or None,
                "seq": record.seq,
            }
        )
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype({"a_then": "Int64", "seq": "int64"})


def _moves_to_emerging(records: Iterable[Record]) -> dict[tuple[str, str], int]:
    """Place of the last record that says that a pair became emerging."""
    return {
        (record.body["drug"], record.body["event"]): record.seq
        for record in records
        if record.kind == "state" and record.body["to"] == State.EMERGING
    }


def _why_reopened(
    then: Mapping[str, Any], now: Mapping[str, Any], *, rule: Review, has_moved: bool
) -> list[str]:
    """Say by which evidence a decision is open again; empty while it stands."""
    said = []
    is_emerging = now.get("state") == State.EMERGING
    if has_moved or (is_emerging and then["state"] != State.EMERGING):
        said.append(f"became emerging since (was {then['state']})")
    count = now.get("a")
    if then["a"] is not None and count is not None and count == count:
        gained = int(count) - then["a"]
        share = round(rule.reopen_share * then["a"], 9)
        if gained >= rule.reopen_cases and gained >= share:
            said.append(f"a grew from {then['a']} to {int(count)}")
    flags = now.get("flagged_in")
    flagged = set(flags.split("+")) - {""} if isinstance(flags, str) else set()
    fresh = sorted(flagged - set((then["flagged_in"] or "").split("+")))
    if fresh:
        said.append(f"newly flagged in {' and '.join(fresh)}")
    return said


def _crossed_since(
    then: Mapping[str, Any], now: Mapping[str, Any], *, as_of: str
) -> list[str]:
    """Say that a pair has a first crossing after the quarter of a decision."""
    crossing = now.get("first_crossing")
    # Before the first crossing of any pair the column may hold NaN.
    if not isinstance(crossing, str) or not crossing:
        return []
    if Quarter.parse(crossing) <= Quarter.parse(as_of):
        return []
    how = "anew" if then["first_crossing"] else "for the first time"
    return [f"crossed {how} in {crossing}"]


def open_signals(
    pairs: pd.DataFrame, decided: pd.DataFrame, *, states: Sequence[str] = OPEN_STATES
) -> pd.DataFrame:
    """Signals that wait for a decision or stay open after one.

    Parameters
    ----------
    pairs
        ``drug``, ``event``, ``state``, ``since``, ``a``; one row per pair.
    decided
        Result of `decisions`.
    states
        States in which a signal is open unless a decision stands.

    Returns
    -------
    pandas.DataFrame
        Rows of ``pairs`` with the last decision of each (``decision``, ``by``,
        ``date``, ``status``, ``why_reopened``), NULL where there is none: in one of the
        states without a standing decision, re-opened, validated or escalated. By
        state, then by drug and event.
    """
    last = decided[decided["status"] != Standing.SUPERSEDED]
    named = ["drug", "event", "decision", "by", "date", "status", "why_reopened"]
    table = pairs.merge(last[named], on=["drug", "event"], how="left")
    is_settled = (table["status"] == Standing.STANDING) & ~table["decision"].isin(
        STAYS_OPEN
    )
    is_kept = table["status"].notna()
    listed = table[(table["state"].isin(states) | is_kept) & ~is_settled]
    order = {state: no for no, state in enumerate(OPEN_STATES)}
    rank = listed["state"].map(order).fillna(len(order))
    return (
        listed.assign(rank=rank)
        .sort_values(["rank", "drug", "event"], ignore_index=True)
        .drop(columns="rank")
    )
