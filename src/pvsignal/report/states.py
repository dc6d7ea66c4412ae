"""States of pairs as the board and a pair's section put them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from pvsignal.analysis import Analysis
from pvsignal.quarter import Quarter
from pvsignal.report.content import BoardRow, Pair
from pvsignal.report.crossing import failing_terms
from pvsignal.report.judged import (
    Budget,
    Change,
    GridChoice,
    GridGap,
    LabelDifference,
    Source,
    StateStep,
)
from pvsignal.report.words import (
    FLAG_WORDS,
    NOTHING,
    STATE_WORDS,
    count,
    interval,
    joined,
    plural,
)


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


def jurisdiction_words(row: BoardRow) -> str:
    """Novelty of a pair by US and by EU labels; empty where it was never judged."""
    found = {"US": row.novelty_us, "EU": row.novelty_eu}
    return "; ".join(
        f"{place}: {_NOVELTY_WORDS[novelty]}"
        for place, novelty in found.items()
        if novelty
    )


def difference_words(found: LabelDifference) -> str:
    """How the text of labels and the dated list differ on an event."""
    if found.difference == "list only":
        since = f" (since {found.listed_since})" if found.listed_since else ""
        return (
            f"{found.ingredient}: the dated list names it{since}, no sentence of a "
            f"US label read on {found.read_date or NOTHING} does"
        )
    return (
        f"{found.ingredient}: a text names it, the dated list does not "
        f"({plural(found.n_sentences or 0, 'sentence')} of "
        f"{plural(found.n_labels or 0, 'US label')} read on "
        f"{found.read_date or NOTHING}): “{found.first_sentence or NOTHING}”"
    )


LABEL_WORDS: Final = {
    "names": "names it",
    "broad": "speaks of it in broad words",
    "other_form": "names another form of it",
    "holds": "names a supergroup that holds it",
    "part": "names a part of it",
    "contraindication": "contraindication, which is no listing",
}

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


@dataclass(frozen=True)
class Reasons:
    """What speaks for a pair, against it, and what could not be looked at."""

    supporting: tuple[str, ...]
    against: tuple[str, ...]
    open_: tuple[str, ...]


def reasons(pair: Pair, analysis: Analysis) -> Reasons:
    """Gather comparators, checks, labels and the grid as reasons in words.

    A pair that does not cross is told first which term fails.
    """
    row = pair.row
    supporting: list[str] = []
    against = [f"does not cross: {term}" for term in failing_terms(pair, analysis)]
    open_: list[str] = []
    for estimate in row.estimates:
        words_ = (
            f"{estimate.comparator}: ROR "
            f"{interval(estimate.ror, estimate.ror_low, estimate.ror_high)}, "
            f"{FLAG_WORDS[estimate.mark][1]}"
        )
        if estimate.sdr_screen:
            supporting.append(words_)
        elif estimate.evaluable:
            against.append(words_)
        else:
            open_.append(words_)
    if row.rising_in:
        supporting.append(
            f"rising in {joined(row.rising_in.split('+'))}: the last eight quarters "
            "against the time before"
        )
    by_outcome = {"passes": supporting, "fails": against, "not applicable": open_}
    place = {check: no for no, check in enumerate(CHECK_TITLES)}
    for check in sorted(pair.checks, key=lambda one: place[one.check_id]):
        letter, title = CHECK_TITLES[check.check_id]
        by_outcome[check.outcome].append(f"({letter}) {title}: {check.words}")
    if row.novelty:
        words_ = _NOVELTY_WORDS[row.novelty]
        if row.novelty_words:
            words_ += f": {row.novelty_words}"
        (supporting if row.novelty == "unlabelled" else against).append(words_)
    if pair.grid and pair.grid.n_counted:
        share = pair.grid.n_positive / pair.grid.n_counted
        n_not = sum(gap.n for gap in pair.grid_gaps)
        (supporting if share > 0.5 else against).append(
            f"{count(pair.grid.n_positive)} of {count(pair.grid.n_counted)} counted "
            "specifications of the grid are positive"
            + (f"; {count(n_not)} could not be counted" if n_not else "")
        )
    elif pair.grid:
        open_.append(f"the grid: {gap_words(pair.grid_gaps)}")
    return Reasons(tuple(supporting), tuple(against), tuple(open_))


CHECK_TITLES: Final = {
    "duplicates": ("a", "looser threshold for duplicates"),
    "professionals": ("b", "reports of health professionals"),
    "concentration": ("c", "no one source holds most"),
    "notoriety": ("d", "no burst after a notoriety date"),
    "age_sex": ("e", "within age band and sex"),
    "onset": ("f", "onset later than 90 days"),
    "markers": ("g", "markers of closer looking"),
    "hinges": ("h", "hinges on no single choice"),
}


@dataclass(frozen=True)
class Episode:
    """Quarters in which a pair was shown in one state."""

    first: str
    last: str
    state: str


def episodes(steps: Sequence[StateStep]) -> tuple[Episode, ...]:
    """States of a pair as spans of quarters, from the first on.

    Examples
    --------
    >>> steps = [StateStep("2020q1", "new", "new"), StateStep("2020q2", "new", "new")]
    >>> episodes(steps)
    (Episode(first='2020q1', last='2020q2', state='new'),)
    """
    ordered = sorted(steps, key=lambda step: Quarter.parse(step.quarter))
    return tuple(
        Episode(own[0].quarter, own[-1].quarter, state)
        for state, found in groupby(ordered, key=lambda step: step.state)
        if (own := list(found))
    )


def budget_words(budget: Sequence[Budget], at_most: float) -> str:
    """How many pairs chance alone would call newly emerging, and leave emerging.

    Parameters
    ----------
    budget
        Quarters in their order.
    at_most
        Newly emerging pairs a quarter that the analysis allows; what stands as
        emerging is the sum of several quarters and has no target.
    """
    if not budget:
        return ""
    recent = budget[-4:]
    last = recent[-1]
    mean = sum(one.expected_new for one in recent) / len(recent)
    observed = sum(one.observed_new or 0 for one in recent) / len(recent)
    held = (
        f"within the {at_most:g} that the analysis allows"
        if mean <= at_most
        else f"MORE than the {at_most:g} that the analysis allows"
    )
    kept = ""
    if last.share_kept is not None:
        kept = f"; {last.share_kept:.0%} of the reports cannot be dealt anew"
    return (
        f"{mean:.2f} newly emerging pairs a quarter (mean of the last {len(recent)}, "
        f"{count(last.permutations)} permutations), {held} for newly emerging ones; "
        f"the same rules find {observed:.2f} a quarter in the reports as they are. "
        f"Standing as emerging at {last.as_of}, for which there is no target: "
        f"{last.expected_emerging:.2f} by chance, {count(last.observed_emerging)} in "
        f"the reports as they are{kept}"
    )


@dataclass(frozen=True)
class GridAxis:
    """An axis of the grid with the share positive of each choice."""

    axis: str
    choices: tuple[GridChoice, ...]


def grid_axes(choices: Sequence[GridChoice]) -> tuple[GridAxis, ...]:
    """Choices of the grid by axis, in the order of the axes."""
    names = ["comparator", "roles", "reporter", "duplicates", "litigated"]
    order = {axis: no for no, axis in enumerate([*names, "indication_rule"])}
    ordered = sorted(choices, key=lambda one: (order.get(one.axis, 99), one.axis))
    return tuple(
        GridAxis(axis, tuple(found))
        for axis, found in groupby(ordered, key=lambda one: one.axis)
    )


def gap_words(gaps: Sequence[GridGap]) -> str:
    """How many specifications are not counted, where and why; empty where all are.

    Examples
    --------
    >>> gap_words([GridGap("C", "population too small", 216)])
    '216 specifications are not counted: 216 in C, population too small'
    """
    if not gaps:
        return ""
    n = sum(gap.n for gap in gaps)
    parts = "; ".join(
        f"{count(gap.n)} in {gap.comparator}, {gap.why_not_counted}" for gap in gaps
    )
    verb = "is" if n == 1 else "are"
    return f"{plural(n, 'specification')} {verb} not counted: {parts}"


def flip_words(pair: Pair) -> str:
    """Which counted choices turn a flag, and which comparators could not be asked.

    A comparator is asked where its primary specification is counted.
    """
    if pair.grid is None:
        return ""
    counted_in = pair.grid.primary_counted_in
    asked = counted_in.split("+") if counted_in else []
    not_asked = [x.comparator for x in pair.row.estimates if x.comparator not in asked]
    parts = (
        [f"The primary specification is counted in {joined(asked)}."] if asked else []
    )
    if pair.grid.flips:
        parts.append(f"Single choices that turn a flag: {pair.grid.flips}.")
    elif asked:
        named = " or ".join(filter(None, [", ".join(asked[:-1]), asked[-1]]))
        parts.append(f"No counted choice turns the flag of {named}.")
    if not_asked:
        parts.append(
            f"{joined(not_asked)} could not be asked: that is no sign that "
            f"{'its flag holds' if len(not_asked) == 1 else 'their flags hold'}."
        )
    return " ".join(parts)


def change_parts(change: Change) -> str:
    """Parts of a change that are not 0, in words."""
    named = {
        "new cases": change.new_cases,
        "follow-up versions": change.follow_ups,
        "deletions": change.deletions,
        "duplicates": change.duplicates,
        "background": change.background,
        "archives": change.archives,
        "vocabulary": change.vocabulary,
        "code lists": change.code_lists,
    }
    parts = [f"{name} {value:+,}" for name, value in named.items() if value]
    mixed = " (several inputs differ, not told apart)" if change.is_mixed else ""
    return (", ".join(parts) or "no change") + mixed


def source_words(sources: Sequence[Source]) -> str:
    """Whether a flag is lost without some value, and how many bursts there are."""
    lost = [one for one in sources if one.holds_without is False]
    bursts = [one for one in sources if one.is_burst]
    held = (
        "a flag is lost without " + ", ".join(dict.fromkeys(x.value for x in lost[:3]))
        if lost
        else "every flag holds without any one that was looked at"
    )
    return held + (f"; {plural(len(bursts), 'burst')}" if bursts else "")
