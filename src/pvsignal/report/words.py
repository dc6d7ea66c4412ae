"""How numbers and verdicts are written in the report."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import Final

NOTHING: Final = "–"

FLAG_WORDS: Final = {
    "flagged": ("●", "flagged"),
    "flagged, thin": ("◐", "flagged, few to compare with"),
    "not flagged": ("○", "not flagged"),
    "not evaluable": ("–", "not evaluable"),
    "no population": ("", "no comparator"),
}

STATE_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "emerging": (
        "Emerging",
        "crossed, held a quarter later with a further case; no label names it, no "
        "check explains it",
    ),
    "new": ("New", "crossed for the first time; the next quarter decides"),
    "provisional_only": (
        "Provisional",
        "A gives its part, and neither B nor C can judge",
    ),
    "labelled_broad": (
        "Labelled in broad words",
        "a label speaks of it in broad words, or names a part of it",
    ),
    "class_labelled": (
        "Labelled in the class",
        "a label of a member of its class names the event, or a part of it",
    ),
    "persistent_unlabelled": (
        "Persistent, not labelled",
        "crosses, more than eight quarters after the first crossing",
    ),
    "explained": ("Explained", "crosses, and a check explains how it may arise"),
    "flagged_artefact": (
        "Flagged as artefact",
        "crosses, and a check shows that it hangs on how reports came about",
    ),
    "labelled_specific": ("Labelled", "a label in force names the event"),
    "monitored": ("Monitored", "crossed once; does not now, or no case comes in"),
    "resolved": ("Resolved", "lower limit in A at or below its threshold for a year"),
    "none": ("Flagged only", "a flag in some comparator, but no crossing"),
    "not computed": ("Not computed", "quarters are missing between those held"),
}
"""State to its title and what it means, in the order of the board."""


def count(value: float | None) -> str:
    """Whole number with thousands separators: ``12,345``."""
    return NOTHING if value is None or math.isnan(value) else f"{int(value):,}"


def ratio(value: float | None) -> str:
    """Two decimals; infinity as ``∞``, nothing known as a dash.

    Examples
    --------
    >>> ratio(1234.5), ratio(float("inf")), ratio(None)
    ('1,234.50', '∞', '–')
    """
    if value is None or math.isnan(value):
        return NOTHING
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    # No sign before what rounds to nothing.
    return f"{round(value, 2) + 0.0:,.2f}"


def probability(value: float | None) -> str:
    """Probability with two digits that tell; a small one as ``< 0.0001``.

    Examples
    --------
    >>> probability(0.0312), probability(3e-9), probability(1.0), probability(None)
    ('0.031', '< 0.0001', '1', '–')
    """
    if value is None or math.isnan(value):
        return NOTHING
    return "< 0.0001" if value < 1e-4 else f"{value:.2g}"


def limits(low: float | None, high: float | None) -> str:
    """Two limits in parentheses, empty where neither is known."""
    texts = ratio(low), ratio(high)
    return "" if texts == (NOTHING, NOTHING) else f"({texts[0]} to {texts[1]})"


def interval(value: float | None, low: float | None, high: float | None) -> str:
    """Estimate with its limits."""
    return f"{ratio(value)} {limits(low, high)}".strip()


def partial_date(value: dt.date | None, precision: str | None = "day") -> str:
    """Date as exactly as it was stated: ``2019``, ``2019-03`` or ``2019-03-07``."""
    if value is None:
        return NOTHING
    return value.isoformat()[: {"year": 4, "month": 7}.get(precision or "day", 10)]


def plural(n: int, noun: str) -> str:
    """Count with its noun: ``1 report``, ``2 reports``."""
    return f"{count(n)} {noun}{'' if n == 1 else 's'}"


def joined(parts: list[str]) -> str:
    """Parts as in a sentence: ``A, B and C``."""
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))
