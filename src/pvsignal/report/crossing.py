"""Why a pair does not cross, term by term (docs/signals.md, "Crossing")."""

from __future__ import annotations

from dataclasses import dataclass

from pvsignal.analysis import Analysis
from pvsignal.report.content import BoardRow, Pair
from pvsignal.report.judged import ClassCheck
from pvsignal.report.words import count, joined, plural, ratio
from pvsignal.signals.classes import MIN_MEMBERS


def failing_terms(pair: Pair, analysis: Analysis) -> tuple[str, ...]:
    """Terms of a crossing that a pair misses at as_of, each with its figures.

    Parameters
    ----------
    pair
        A pair of the board.
    analysis
        Its thresholds.

    Returns
    -------
    tuple of str
        Empty for a pair in another state than none: it crosses, has crossed, or its
        state says why not.
    """
    if pair.row.state != "none":
        return ()
    return tuple(
        filter(
            None,
            [
                _not_eligible(pair.row, analysis),
                _not_by_a(pair, analysis),
                _not_by_b_or_c(pair.row, analysis),
                _not_by_class(pair.of_class, analysis),
            ],
        )
    )


def _not_eligible(row: BoardRow, analysis: Analysis) -> str:
    if row.is_eligible is not False:
        return ""
    limits, least = analysis.emerging, analysis.thresholds.min_reports
    in_a = row.of("A")
    a, n_drug = (in_a.a, in_a.n_drug) if in_a else (0, 0)
    countries, senders = row.n_countries or 0, row.n_senders or 0
    professional = row.n_professional or 0
    missing = [
        f"{plural(a, 'report')}, {least} are asked for" if a < least else "",
        f"{plural(n_drug, 'report')} of the drug, {count(limits.min_drug_reports)} "
        "are asked for"
        if n_drug < limits.min_drug_reports
        else "",
        f"{plural(professional, 'report')} of a health professional, "
        f"{limits.min_professional} asked for"
        if professional < limits.min_professional
        else "",
        f"{_countries(countries)} and {plural(senders, 'sender')}, "
        f"{_countries(limits.min_countries)} or {plural(limits.min_senders, 'sender')} "
        "are asked for"
        if countries < limits.min_countries and senders < limits.min_senders
        else "",
    ]
    return "not eligible: " + "; ".join(filter(None, missing))


def _countries(n: int) -> str:
    return f"{count(n)} {'country' if n == 1 else 'countries'}"


def _not_by_a(pair: Pair, analysis: Analysis) -> str:
    low = pair.year.ic025_year if pair.year else None
    if low is not None and low > analysis.thresholds.ic025_min:
        return ""
    return (
        f"A does not give its part: IC025 by year of receipt {_low(low)}, to be above "
        f"{analysis.thresholds.ic025_min:g}"
    )


def _not_by_b_or_c(row: BoardRow, analysis: Analysis) -> str:
    others = [x for x in row.estimates if x.comparator != "A"]
    if any(x.sdr_ror and x.evaluable for x in others):
        return ""
    absent = [x for x in ("B", "C") if row.of(x) is None]
    gone = f" (there is no comparator {joined(absent)})" if absent else ""
    if not any(x.evaluable for x in others):
        return f"neither B nor C can judge the pair{gone}"
    found = "; ".join(
        f"{x.comparator}: lower limit {_low(x.ror_low)} with {plural(x.a, 'report')}"
        + ("" if x.evaluable else ", cannot judge")
        for x in others
    )
    limits = analysis.thresholds
    return (
        "neither B nor C flags by the ROR where it can judge the pair (lower limit "
        f"above {limits.ror_low_min:g} with {limits.min_reports} reports): "
        f"{found}{gone}"
    )


def _not_by_class(found: ClassCheck | None, analysis: Analysis) -> str:
    """Term of the class; of no use where the class does not cross to begin with."""
    if found is None or not found.crosses or found.holds:
        return ""
    least, largest = analysis.thresholds.min_reports, found.largest_member
    parts = []
    if found.n_members == 0:
        parts.append(f"no member has {least} reports of its own")
    elif found.n_members < MIN_MEMBERS:
        parts.append(
            f"one member alone brings it: {largest} is the only one with {least} "
            "reports"
        )
    if not found.crosses_without:
        parts.append(f"without {largest} {_without(found, analysis)}")
    return "the class crosses by statistics, but " + "; ".join(parts)


def _without(found: ClassCheck, analysis: Analysis) -> str:
    """What is left of a class crossing without its largest member."""
    if not found.n_drug_without:
        return "no report of the class is left"
    low = found.ic025_year_without
    if low is None or low <= analysis.thresholds.ic025_min:
        return f"it does not cross (IC025 {_low(low)})"
    limits = {"B": found.ror_low_without_b, "C": found.ror_low_without_c}
    sides = joined([f"{_low(x)} in {side}" for side, x in limits.items()])
    return (
        f"it does not cross (lower limit of the ROR {sides}, "
        f"{plural(found.a_without, 'report')} left)"
    )


def class_words(found: ClassCheck, analysis: Analysis) -> str:
    """What a pair of a class owes to its largest member, with and without it."""
    least = analysis.thresholds.min_reports
    verdict = (
        "By statistics it crosses, by several members and without its largest one."
        if found.holds
        else "By statistics it crosses, but not as a class: read the members."
        if found.crosses
        else "By statistics it does not cross."
    )
    have = "has" if found.n_members == 1 else "have"
    return (
        f"Members scored: {found.members}; {count(found.n_members)} of them {have} "
        f"{least} reports of the event of their own, most {found.largest_member}. "
        f"{verdict}"
    )


@dataclass(frozen=True)
class ClassLine:
    """One figure of a class with all members and without the largest one."""

    label: str
    with_all: str
    without: str


def class_lines(found: ClassCheck) -> tuple[ClassLine, ...]:
    """Figures on which the rule of the class rests."""
    pairs = (
        ("Reports with the event", found.a, found.a_without),
        ("Reports of the class", found.n_drug, found.n_drug_without),
    )
    lows = (
        (
            "IC025 in A, by year of receipt",
            found.ic025_year,
            found.ic025_year_without,
        ),
        ("Lower limit of the ROR in B", found.ror_low_b, found.ror_low_without_b),
        ("Lower limit of the ROR in C", found.ror_low_c, found.ror_low_without_c),
    )
    return (
        *(ClassLine(label, count(x), count(y)) for label, x, y in pairs),
        *(ClassLine(label, ratio(x), ratio(y)) for label, x, y in lows),
        ClassLine(
            "Crosses by statistics",
            "yes" if found.crosses else "no",
            "yes" if found.crosses_without else "no",
        ),
    )


def _low(value: float | None) -> str:
    """Limit with as many decimals as tell it from 0 and 1: two, or else four."""
    shown = ratio(value)
    return f"{value:.4f}" if value is not None and shown in _EDGES else shown


_EDGES = ("0.00", "1.00")
