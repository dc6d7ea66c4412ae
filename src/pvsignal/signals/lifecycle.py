"""What the ledger says of the states of pairs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd

from pvsignal.quarter import Quarter
from pvsignal.signals.ledger import Draft, Record, chain
from pvsignal.signals.states import OVERLAYS, TRANSITIONS, Overlay, State

KEY = ["drug", "event"]

EVIDENCE: Final = (
    *("evidence_state", "novelty", "first_crossing", "a", "n_drug", "expected"),
    *("ror_low_a", "ror_low_b", "ror_low_c", "ic025_year", "failing_checks"),
)
"""Columns on which a state rests; a ``state`` record holds them."""

EARLIER: Final = (
    *("evidence_state", "novelty", "first_crossing", "a", "n_drug"),
    "failing_checks",
)
"""Those of `EVIDENCE` that are recorded of a quarter before that of the run."""

_COUNTS: Final = {"a", "n_drug"}
_DIGITS: Final = 6


def is_unbroken(quarters: list[int]) -> bool:
    """Whether no quarter is missing between those held; ordinals, ascending."""
    return all(later - earlier == 1 for earlier, later in pairwise(quarters))


def state_records(
    run: str, as_of: str, current: pd.DataFrame, before: Iterable[Record]
) -> list[Draft]:
    """One record of each pair that is shown in another state than the last recorded.

    Parameters
    ----------
    run, as_of
        Run that found the states, and its quarter.
    current
        States at that quarter: ``drug``, ``event``, ``state`` (as shown) and the
        columns of `EVIDENCE`; one row per pair. A pair without a row is in state
        ``none``: where states were not computed at all, draft nothing.
        ``failing_checks`` is text, names parted by commas, or NULL. NaN is NULL.
    before
        Records of the ledger so far.

    Returns
    -------
    list of Draft
        Of kind ``state``, by drug and event: ``drug``, ``event``, ``from``, ``to``,
        ``reason`` and ``evidence``, a mapping of `EVIDENCE`; None for a pair that has
        no row any more. Ratios keep six digits, which the last bits of a processor do
        not reach.

    Raises
    ------
    ValueError
        If a pair has two rows.
    """
    if current.duplicated(KEY).any():
        raise ValueError("a pair has one state at a quarter, some have two rows")
    last = replayed(before)
    rows = {
        (str(row["drug"]), str(row["event"])): row for row in current.to_dict("records")
    }
    drafts = []
    for pair in sorted(last.keys() | rows.keys()):
        row = rows.get(pair)
        recorded = last.get(pair)
        was = recorded["to"] if recorded else str(State.NONE)
        now = str(row["state"]) if row else str(State.NONE)
        if was == now:
            continue
        evidence = {name: _plain(name, row[name]) for name in EVIDENCE} if row else None
        body = {
            **dict(zip(KEY, pair, strict=True)),
            "from": was,
            "to": now,
            "reason": _reason(recorded, now, evidence),
            "evidence": evidence,
        }
        drafts.append(Draft("state", run, as_of, body))
    return drafts


def unrecorded(
    held: Sequence[Quarter], before: Iterable[Record]
) -> tuple[Quarter, ...]:
    """Quarters whose states a run has to record: those since the last run, and its own.

    Parameters
    ----------
    held
        Held quarters up to that of the run, ascending, one at least.
    before
        Records of the ledger so far. A first run records its own quarter only.
    """
    last = None
    for record in before:
        if record.kind == "run":
            last = Quarter.parse(record.as_of)
    skipped = [quarter for quarter in held[:-1] if last is not None and quarter > last]
    return (*skipped, held[-1])


def records_since(
    run: str,
    held: Sequence[Quarter],
    *,
    current: pd.DataFrame,
    earlier: pd.DataFrame,
    before: Sequence[Record],
) -> list[Draft]:
    """Records of all quarters since the last run, each built on those before it.

    Where several quarters land at once none of the steps between them is lost, and a
    pair that was emerging in one that was skipped opens a decision again.

    Parameters
    ----------
    run
        Run that found the states.
    held
        Held quarters up to that of the run, ascending.
    current
        States at the quarter of the run, as `state_records`.
    earlier
        States at the `unrecorded` quarters before it: ``quarter`` as text, ``drug``,
        ``event``, ``state`` and the columns of `EARLIER`; rows of other quarters are
        left out. The rest of the evidence is None.
    before
        Records of the ledger so far.

    Returns
    -------
    list of Draft
        By quarter, drug and event; ``as_of`` is the quarter of the state.

    Raises
    ------
    ValueError
        If a pair has two rows at a quarter.
    """
    columns = [*KEY, "state", *EVIDENCE]
    states = earlier.reindex(columns=["quarter", *columns])
    *skipped, latest = (str(quarter) for quarter in unrecorded(held, before))
    steps = [(one, states.loc[states["quarter"] == one, columns]) for one in skipped]
    drafts: list[Draft] = []
    so_far = tuple(before)
    for as_of, at_quarter in (*steps, (latest, current)):
        found = state_records(run, as_of, at_quarter, so_far)
        so_far = chain(so_far, found)
        drafts += found
    return drafts


def replayed(records: Iterable[Record]) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Last ``state`` record of each pair that has one: drug and event to its body.

    Its ``to`` is the state of the pair; a pair without a record is in state ``none``.
    """
    return {
        (record.body["drug"], record.body["event"]): record.body
        for record in records
        if record.kind == "state"
    }


def _reason(
    recorded: Mapping[str, Any] | None, now: str, evidence: Mapping[str, Any] | None
) -> str:
    """Why a pair is shown in another state than its last record says, in words."""
    if now in set(Overlay):
        overlay = Overlay(now)
        why = OVERLAYS[overlay].why
        is_check = overlay in (Overlay.ARTEFACT, Overlay.EXPLAINED)
        failing = (evidence or {}).get("failing_checks")
        return f"{why}: {', '.join(failing)}" if is_check and failing else why
    was = recorded["to"] if recorded else State.NONE
    if recorded and was in set(Overlay):
        return _reason_below(Overlay(was), recorded["evidence"], evidence)
    step = TRANSITIONS[State(was)].get(State(now))
    if step is not None:
        return step
    if now == State.NONE:
        return _GONE
    if recorded is None:
        return "in this state when it was first recorded"
    return "several steps since the last record: quarters were added or corrected"


_GONE: Final = "no state any more: evidence was corrected or a list changed"


def _reason_below(
    overlay: Overlay, then: Mapping[str, Any] | None, now: Mapping[str, Any] | None
) -> str:
    """Why a pair shows its evidence again: what it stood over moved on, or it ended."""
    covered = OVERLAYS[overlay].over
    if now is None and State.NONE not in covered:
        return _GONE
    before, after = (
        (row or {}).get("evidence_state") or State.NONE for row in (then, now)
    )
    step = TRANSITIONS.get(before, {}).get(after)
    ended = f"no longer {overlay}"
    if step is None:
        return f"{ended}: shows the state of its evidence"
    # Where the overlay may stand over either state, it ended for a reason of its own.
    return f"{step}; {ended}" if after in covered else step


def _plain(name: str, value: Any) -> Any:
    """Value of a cell as JSON holds it, the same on every machine."""
    if name == "failing_checks":
        parts = value.split(",") if isinstance(value, str) else []
        return sorted(part.strip() for part in parts if part.strip())
    if value is None or value is pd.NA or value != value:
        return None
    if name in _COUNTS:
        return int(value)
    if isinstance(value, (float, np.floating)):
        # JSON has no word for infinity, and 0 or NULL would say something else.
        is_finite = math.isfinite(value)
        return float(f"{value:.{_DIGITS}g}") if is_finite else f"{value}"
    return str(value) or None
