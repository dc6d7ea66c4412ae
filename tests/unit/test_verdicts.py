"""What stands over a state of the evidence, and what goes before what."""

from itertools import product

import numpy as np
import pytest

from pvsignal.signals.verdicts import ARTEFACT_CHECKS, CHECKS, EXPLAINING_CHECKS, shown
from tests import replayed

OPEN = ("new", "emerging", "monitored", "persistent_unlabelled")
CROSSING = ("new", "emerging", "persistent_unlabelled")
CLOSED = ("none", "resolved")
NOVELTY = ("unlabelled", "labelled_specific", "labelled_broad", "class_labelled", "")


def _shown(
    state: str,
    novelty: str = "unlabelled",
    *,
    artefact: bool = False,
    other: bool = False,
    alone: bool = False,
) -> str:
    """State to show; `alone`: A gives its part, and neither B nor C can be judged."""
    (found,) = shown(
        np.array([state], dtype=object),
        novelty=np.array([novelty], dtype=object),
        fails_artefact=np.array([artefact]),
        fails_other=np.array([other]),
        is_provisional=np.array([alone]),
    )
    return str(found)


@pytest.mark.parametrize("state", OPEN)
def test_a_label_that_names_the_event_stands_over_all_else(state: str) -> None:
    assert _shown(state, "labelled_specific") == "labelled_specific"
    found = _shown(state, "labelled_specific", artefact=True, other=True)
    assert found == "labelled_specific"


@pytest.mark.parametrize("state", CROSSING)
def test_an_artefact_stands_over_an_explanation_and_that_over_broad_wording(
    state: str,
) -> None:
    for novelty in ("unlabelled", "labelled_broad", "class_labelled"):
        assert _shown(state, novelty, artefact=True, other=True) == "flagged_artefact"
        assert _shown(state, novelty, other=True) == "explained"
    assert _shown(state, "labelled_broad") == "labelled_broad"
    assert _shown(state, "class_labelled") == "class_labelled"


def test_checks_and_broad_wording_say_nothing_of_what_is_monitored() -> None:
    assert _shown("monitored", "labelled_broad", artefact=True) == "monitored"
    assert _shown("monitored", "class_labelled", other=True) == "monitored"


@pytest.mark.parametrize("state", CLOSED)
def test_a_pair_that_does_not_cross_has_no_label_and_no_artefact(state: str) -> None:
    for novelty in NOVELTY:
        assert _shown(state, novelty, artefact=True, other=True) == state


def test_labels_and_checks_stand_over_a_provisional_pair_too() -> None:
    for state in CLOSED:
        assert _shown(state, "labelled_specific", alone=True) == "labelled_specific"
        assert _shown(state, artefact=True, alone=True) == "flagged_artefact"
        assert _shown(state, other=True, alone=True) == "explained"
        assert _shown(state, "labelled_broad", alone=True) == "labelled_broad"


def test_a_alone_is_provisional_only_where_no_crossing_is_open() -> None:
    assert {_shown(state, alone=True) for state in CLOSED} == {"provisional_only"}
    assert [_shown(state, alone=True) for state in OPEN] == list(OPEN)


def test_the_checks_are_of_one_kind_each() -> None:
    assert set(ARTEFACT_CHECKS) == replayed.ARTEFACTS
    assert not set(ARTEFACT_CHECKS) & set(EXPLAINING_CHECKS)
    assert {*ARTEFACT_CHECKS, *EXPLAINING_CHECKS} == set(CHECKS)
    assert tuple(CHECKS) == replayed.CHECKS


def test_every_combination_is_what_the_definition_says_and_stays_as_it_was() -> None:
    flags = (False, True)
    rows = list(product((*CLOSED, *OPEN), NOVELTY, flags, flags, flags))
    states, novelty, artefact, other, alone = zip(*rows, strict=True)
    before = np.array(states, dtype=object)
    found = shown(
        before,
        novelty=np.array(novelty, dtype=object),
        fails_artefact=np.array(artefact),
        fails_other=np.array(other),
        is_provisional=np.array(alone),
    )
    assert before.tolist() == list(states)
    for row, state in zip(rows, found, strict=True):
        failing = ["duplicates"] * row[2] + ["onset"] * row[3]
        expected = replayed.shown(row[0], row[1], failing, is_provisional=row[4])
        assert state == expected, row
