"""States of a pair from quarter to quarter, and the transitions that are allowed.

A state at a quarter is a function of the evidence as it was known up to that quarter,
so the whole history is replayed from vectors of evidence and never edited. What an
analyst decides stands in the ledger beside it (`pvsignal.signals.ledger`).

References
----------
docs/signals.md, "States"; the terms are those of the definition of an emerging signal
there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

Flags = npt.NDArray[np.bool_]
States = npt.NDArray[np.int8]

MAX_AGE: Final = 8
"""Quarters from the first crossing after which a signal is not emerging any more."""

PATIENCE: Final = 2
"""Quarters without a new case after which a signal goes back to monitored."""

RESOLVED_AFTER: Final = 4
"""Quarters running with the lower limit in A at or below its threshold."""


class State(StrEnum):
    """What the evidence says of a pair at a quarter, labels and artefacts apart."""

    NONE = "none"
    NEW = "new"
    EMERGING = "emerging"
    MONITORED = "monitored"
    PERSISTENT = "persistent_unlabelled"
    RESOLVED = "resolved"


ORDER: Final = tuple(State)
CODE: Final[Mapping[State, int]] = {state: no for no, state in enumerate(ORDER)}

TRANSITIONS: Final[Mapping[State, Mapping[State, str]]] = {
    State.NONE: {
        State.NEW: "crosses for the first time",
    },
    State.NEW: {
        State.EMERGING: "still crosses, and a further case came in",
        State.MONITORED: "does not cross, or two quarters brought no case",
        State.RESOLVED: "lower limit in A at or below its threshold for four quarters",
    },
    State.EMERGING: {
        State.MONITORED: "does not cross, or two quarters brought no case",
        State.PERSISTENT: "more than eight quarters after the first crossing",
        State.RESOLVED: "lower limit in A at or below its threshold for four quarters",
    },
    State.MONITORED: {
        State.EMERGING: "crosses again or still, with a further case, in eight "
        "quarters from the first crossing",
        State.PERSISTENT: "crosses, later than eight quarters from the first crossing",
        State.RESOLVED: "lower limit in A at or below its threshold for four quarters",
    },
    State.PERSISTENT: {
        State.MONITORED: "does not cross",
        State.RESOLVED: "lower limit in A at or below its threshold for four quarters",
    },
    State.RESOLVED: {
        State.NEW: "crosses again: a first crossing of its own",
    },
}
"""State to the states that may follow it in the next quarter, with the reason."""


class Overlay(StrEnum):
    """What is shown in place of the state of the evidence; the first that holds."""

    PROVISIONAL = "provisional_only"
    LABELLED_SPECIFIC = "labelled_specific"
    ARTEFACT = "flagged_artefact"
    EXPLAINED = "explained"
    LABELLED_BROAD = "labelled_broad"
    CLASS_LABELLED = "class_labelled"


@dataclass(frozen=True)
class Cover:
    """States over which an overlay stands, and when it does."""

    over: tuple[State | Overlay, ...]
    why: str


CROSSING: Final = (State.NEW, State.EMERGING, State.PERSISTENT)
"""States of a pair that crosses; checks and broad labels are of no use to others."""

OPEN: Final = (*CROSSING, State.MONITORED)
"""States of a pair that has crossed and is not resolved."""

OVERLAYS: Final[Mapping[Overlay, Cover]] = {
    Overlay.PROVISIONAL: Cover(
        (State.NONE, State.RESOLVED),
        "crosses in A alone, where neither B nor C can be judged",
    ),
    Overlay.LABELLED_SPECIFIC: Cover(
        (*OPEN, Overlay.PROVISIONAL),
        "a label names the event, by a date up to the quarter",
    ),
    Overlay.ARTEFACT: Cover(
        (*CROSSING, Overlay.PROVISIONAL),
        "a check on duplicates, concentration, age and sex or hinges fails",
    ),
    Overlay.EXPLAINED: Cover(
        (*CROSSING, Overlay.PROVISIONAL),
        "a check on professionals, notoriety, onset or markers fails",
    ),
    Overlay.LABELLED_BROAD: Cover(
        (*CROSSING, Overlay.PROVISIONAL),
        "a label speaks of it in broad words, or names a part of it",
    ),
    Overlay.CLASS_LABELLED: Cover(
        (*CROSSING, Overlay.PROVISIONAL),
        "the label of another member of the class names the event",
    ),
}
"""Overlays: the provisional one stands over the state, then the first of the others."""

SHOWN: Final = (*map(str, State), *map(str, Overlay))
"""Every state that a pair is shown in."""


@dataclass(frozen=True)
class Evidence:
    """What is known of each pair at each quarter.

    All arrays have the shape (pairs, quarters); quarters are consecutive.

    Attributes
    ----------
    crosses
        Eligible, and over the threshold in A and in B or C.
    has_new_case
        At least one case entered in the quarter.
    is_low
        Lower limit in A at or below its threshold, or no table at all.
    """

    crosses: Flags
    has_new_case: Flags
    is_low: Flags

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together.

        Raises
        ------
        ValueError
            If shapes differ, or a pair crosses where its lower limit is low.
        """
        shapes = {x.shape for x in (self.crosses, self.has_new_case, self.is_low)}
        if len(shapes) != 1 or self.crosses.ndim != 2:
            raise ValueError(
                f"evidence of pairs by quarters differs in shape: {shapes}"
            )
        if (self.crosses & self.is_low).any():
            raise ValueError("a pair crosses at a quarter where its limit in A is low")


@dataclass(frozen=True)
class History:
    """States of each pair and what they count from; shape (pairs, quarters).

    Attributes
    ----------
    state
        Code of the state: position in `ORDER`.
    first_crossing
        Position of the quarter of the crossing that the state counts from, -1 before.
    """

    state: States
    first_crossing: npt.NDArray[np.int16]


def replay(evidence: Evidence) -> History:
    """States of all pairs at all quarters.

    The state at a quarter depends on evidence up to that quarter only: the history up
    to a past quarter is what a run at that time would have given.

    Examples
    --------
    A pair crosses, holds with a further case, and then gets no more cases:

    >>> row = lambda *x: np.array([x], dtype=bool)
    >>> history = replay(
    ...     Evidence(
    ...         crosses=row(0, 1, 1, 1, 1),
    ...         has_new_case=row(1, 1, 1, 0, 0),
    ...         is_low=row(1, 0, 0, 0, 0),
    ...     )
    ... )
    >>> [str(ORDER[code]) for code in history.state[0]]
    ['none', 'new', 'emerging', 'emerging', 'monitored']
    """
    n_pairs, n_quarters = evidence.crosses.shape
    state = np.zeros((n_pairs, n_quarters), dtype=np.int8)
    first = np.full((n_pairs, n_quarters), -1, dtype=np.int16)
    now = np.zeros(n_pairs, dtype=np.int8)
    start = np.full(n_pairs, -1, dtype=np.int16)
    quiet = np.zeros(n_pairs, dtype=np.int16)
    low = np.zeros(n_pairs, dtype=np.int16)
    for q in range(n_quarters):
        crosses, fresh = evidence.crosses[:, q], evidence.has_new_case[:, q]
        quiet = np.where(fresh, 0, quiet + 1).astype(np.int16)
        low = np.where(evidence.is_low[:, q], low + 1, 0).astype(np.int16)
        starts = crosses & np.isin(now, (CODE[State.NONE], CODE[State.RESOLVED]))
        start = np.where(starts, q, start).astype(np.int16)
        # What was before the crossing says nothing of how the signal goes on.
        quiet = np.where(starts, 0, quiet).astype(np.int16)
        is_old = (start >= 0) & (q - start > MAX_AGE)
        now = _next(now, starts, crosses, fresh=fresh, quiet=quiet, low=low, old=is_old)
        state[:, q], first[:, q] = now, start
    return History(state, first)


def _next(
    now: States,
    starts: Flags,
    crosses: Flags,
    *,
    fresh: Flags,
    quiet: npt.NDArray[np.int16],
    low: npt.NDArray[np.int16],
    old: Flags,
) -> States:
    """States after one more quarter; the first condition that holds decides."""

    def at(*states: State) -> Flags:
        return np.isin(now, [CODE[state] for state in states])

    open_ = at(State.NEW, State.EMERGING, State.MONITORED, State.PERSISTENT)
    young = at(State.NEW, State.EMERGING, State.MONITORED)
    rules = (
        (starts, State.NEW),
        (open_ & (low >= RESOLVED_AFTER), State.RESOLVED),
        (open_ & ~crosses, State.MONITORED),
        (at(State.NEW) & old, State.MONITORED),
        (young & old, State.PERSISTENT),
        (young & fresh, State.EMERGING),
        (young & (quiet >= PATIENCE), State.MONITORED),
    )
    return np.select(
        [condition for condition, _ in rules],
        [np.int8(CODE[state]) for _, state in rules],
        default=now,
    ).astype(np.int8)


def is_allowed(before: State, after: State) -> bool:
    """Whether a state may follow another in the next quarter; staying always may."""
    return before == after or after in TRANSITIONS[before]


def shown(evidence: State, overlays: Collection[Overlay]) -> State | Overlay:
    """State that a pair is shown in: the first overlay that may stand, or its own.

    Examples
    --------
    >>> str(shown(State.EMERGING, {Overlay.EXPLAINED, Overlay.LABELLED_BROAD}))
    'explained'
    >>> str(shown(State.RESOLVED, {Overlay.LABELLED_BROAD}))
    'resolved'
    """
    provisional = OVERLAYS[Overlay.PROVISIONAL]
    is_provisional = Overlay.PROVISIONAL in overlays and evidence in provisional.over
    standing = Overlay.PROVISIONAL if is_provisional else evidence
    return next(
        (
            overlay
            for overlay, cover in OVERLAYS.items()
            if overlay in overlays and standing in cover.over
        ),
        standing,
    )
