"""States of a pair over the quarters."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pvsignal.signals.states import (
    MAX_AGE,
    ORDER,
    OVERLAYS,
    RESOLVED_AFTER,
    SHOWN,
    TRANSITIONS,
    Evidence,
    Overlay,
    State,
    is_allowed,
    replay,
    shown,
)


def _states(crosses: str, new: str | None = None, low: str | None = None) -> list[str]:
    """Names of the states; ``x`` is yes, anything else no."""

    def row(text: str) -> np.ndarray:
        return np.array([[c == "x" for c in text]])

    low = low or "".join("." if c == "x" else "-" for c in crosses)
    history = replay(Evidence(row(crosses), row(new or "x" * len(crosses)), row(low)))
    return [str(ORDER[code]) for code in history.state[0]]


def test_a_signal_that_holds_with_a_further_case_is_emerging() -> None:
    assert _states(".xx") == ["none", "new", "emerging"]


def test_a_signal_that_holds_one_quarter_only_ends_as_monitored() -> None:
    assert _states("x...") == ["new", "monitored", "monitored", "monitored"]


def test_a_signal_without_a_further_case_waits_and_goes_back_to_monitored() -> None:
    assert _states("xxxx", "x...") == ["new", "new", "monitored", "monitored"]


def test_two_quiet_quarters_end_emerging_and_a_new_case_brings_it_back() -> None:
    assert _states("xxxxx", "xx..x") == [
        "new",
        "emerging",
        "emerging",
        "monitored",
        "emerging",
    ]


def test_after_eight_quarters_a_signal_is_persistent() -> None:
    found = _states("x" * 12)
    assert found[MAX_AGE] == "emerging"
    assert found[MAX_AGE + 1 :] == ["persistent_unlabelled"] * 3


def test_four_low_quarters_resolve_and_a_later_crossing_starts_anew() -> None:
    found = _states("xx....xx", low="..xxxx..")
    assert found[1 : 1 + RESOLVED_AFTER] == ["emerging"] + ["monitored"] * 3
    assert found[5:] == ["resolved", "new", "emerging"]


def test_a_pair_cannot_cross_where_its_limit_is_low() -> None:
    with pytest.raises(ValueError, match="low"):
        _states("x", low="x")


def test_evidence_of_different_shapes_is_refused() -> None:
    flags = np.zeros((2, 3), bool)
    with pytest.raises(ValueError, match="shape"):
        Evidence(flags, flags, flags[:1])


@st.composite
def _evidence(draw: st.DrawFn) -> Evidence:
    shape = (draw(st.integers(1, 4)), draw(st.integers(1, 30)))
    size = shape[0] * shape[1]

    def flags() -> np.ndarray:
        bits = draw(st.lists(st.booleans(), min_size=size, max_size=size))
        return np.array(bits, dtype=bool).reshape(shape)

    crosses = flags()
    return Evidence(crosses, flags(), flags() & ~crosses)


@given(_evidence())
def test_no_history_makes_a_transition_that_the_table_does_not_list(
    evidence: Evidence,
) -> None:
    for codes in replay(evidence).state:
        names = [State.NONE, *(ORDER[code] for code in codes)]
        for before, after in pairwise(names):
            assert is_allowed(before, after), (before, after)


@given(_evidence(), st.integers(1, 30))
def test_a_past_quarter_looks_as_it_looked_then(evidence: Evidence, n: int) -> None:
    whole = replay(evidence)
    then = replay(
        Evidence(
            evidence.crosses[:, :n],
            evidence.has_new_case[:, :n],
            evidence.is_low[:, :n],
        )
    )
    assert (whole.state[:, :n] == then.state).all()
    assert (whole.first_crossing[:, :n] == then.first_crossing).all()


@given(_evidence())
def test_emerging_needs_a_crossing_now_and_at_an_earlier_quarter(
    evidence: Evidence,
) -> None:
    history = replay(evidence)
    emerging = history.state == ORDER.index(State.EMERGING)
    assert (evidence.crosses | ~emerging).all()
    position = np.arange(emerging.shape[1])
    assert (~emerging | (history.first_crossing < position)).all()
    assert (~emerging | (position - history.first_crossing <= MAX_AGE)).all()


@given(_evidence(), st.sets(st.sampled_from(Overlay)))
def test_an_overlay_is_shown_where_it_may_stand_and_the_first_goes_before(
    evidence: Evidence, overlays: set[Overlay]
) -> None:
    for code in np.unique(replay(evidence).state):
        found = shown(ORDER[code], overlays)
        # A provisional pair stands in for one that does not cross.
        alone = Overlay.PROVISIONAL in overlays
        is_closed = ORDER[code] in (State.NONE, State.RESOLVED)
        standing = Overlay.PROVISIONAL if alone and is_closed else ORDER[code]
        may = [x for x in Overlay if x in overlays and standing in OVERLAYS[x].over]
        assert found == (may[0] if may else standing)
        assert str(found) in SHOWN


def test_a_resolved_pair_and_one_that_never_crossed_have_no_label_to_show() -> None:
    for state in (State.NONE, State.RESOLVED):
        assert shown(state, {Overlay.LABELLED_SPECIFIC, Overlay.ARTEFACT}) == state
        assert shown(state, {Overlay.PROVISIONAL}) == Overlay.PROVISIONAL


def test_what_crosses_in_b_or_c_is_not_provisional() -> None:
    assert shown(State.NEW, {Overlay.PROVISIONAL}) == State.NEW


def test_every_overlay_has_its_place_in_the_table() -> None:
    assert list(OVERLAYS) == list(Overlay)


def _table(first: str) -> list[tuple[str, ...]]:
    """Rows of the table of the page whose first column has that heading."""
    page = (Path(__file__).parents[2] / "docs/signals.md").read_text("utf-8")
    _, _, rest = page.partition(f"\n| {first} |")
    lines = rest.split("\n\n")[0].splitlines()[2:]
    return [tuple(x.strip() for x in line.strip("|").split("|")) for line in lines]


def test_the_page_shows_the_transitions_of_the_code() -> None:
    assert _table("from") == [
        (str(before), str(after), why)
        for before, following in TRANSITIONS.items()
        for after, why in following.items()
    ]


def test_the_page_shows_the_overlays_of_the_code() -> None:
    assert _table("shown as") == [
        (str(overlay), ", ".join(map(str, cover.over)), cover.why)
        for overlay, cover in OVERLAYS.items()
    ]
