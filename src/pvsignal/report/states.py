"""States of pairs as the board and a pair's section put them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pvsignal.report.content import BoardRow
from pvsignal.report.words import STATE_WORDS


@dataclass(frozen=True)
class BoardGroup:
    """A part of the board: pairs of one state."""

    state: str
    title: str
    meaning: str
    rows: tuple[BoardRow, ...]


def board_groups(board: Sequence[BoardRow]) -> tuple[BoardGroup, ...]:
    """Parts of the board that hold a pair, in the order of `STATE_WORDS`."""
    return tuple(
        BoardGroup(state, title, meaning, rows)
        for state, (title, meaning) in STATE_WORDS.items()
        if (rows := tuple(row for row in board if row.state == state))
    )


def state_title(state: str) -> str:
    """Title of a state."""
    return STATE_WORDS[state][0]


_NOVELTY_WORDS: Final = {
    "labelled_specific": "labelled",
    "labelled_broad": "labelled in broad words",
    "class_labelled": "labelled in the class",
    "unlabelled": "not labelled",
}


def board_notes(row: BoardRow) -> str:
    """What stands for and against a pair in a few words: labels and failing checks."""
    parts = [_NOVELTY_WORDS[row.novelty]] if row.novelty else []
    if row.failing_checks:
        failing = [_CHECK_WORDS[name] for name in row.failing_checks.split(", ")]
        parts.append("fails: " + ", ".join(failing))
    return "; ".join(parts)


_CHECK_WORDS: Final = {
    "duplicates": "looser duplicates",
    "professionals": "professionals",
    "concentration": "one source",
    "notoriety": "notoriety",
    "age_sex": "age and sex",
    "onset": "onset",
    "markers": "closer looking",
    "hinges": "hinges on one choice",
}
