"""What stands beside the ratios of a pair, in words: strata, time, chance, controls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pvsignal.report import words
from pvsignal.report.content import (
    COMPARATORS,
    Adjusted,
    ControlPerformance,
    DrugTest,
    Interaction,
    Onset,
    Pair,
    Surveillance,
)


@dataclass(frozen=True)
class HeldLine:
    """One way to hold a pair against something, comparators side by side."""

    label: str
    note: str
    texts: tuple[str, ...]


def held_lines(pair: Pair) -> list[HeldLine]:
    """Lines of the table that holds a pair against strata, time and chance.

    A line that no comparator has is left out.
    """
    adjusted = {x.comparator: x for x in pair.adjusted}
    chance = {x.comparator: x for x in pair.multiplicity}
    recent = {x.comparator: x for x in pair.contrasts}
    sexes = sorted({x.sex for x in pair.adjusted} - {"all"})
    crude = (
        ("Crude ROR, one sex", f"{sexes[0]} reports only, as all ratios of this table")
        if sexes
        else ("Crude ROR", "as above")
    )

    def line(label: str, note: str, text: Mapping[str, str]) -> HeldLine:
        texts = tuple(text.get(c) or words.NOTHING for c in COMPARATORS)
        return HeldLine(label, note, texts)

    def ratios(name: str) -> dict[str, str]:
        return {
            c: words.interval(
                getattr(x, name), getattr(x, f"{name}_low"), getattr(x, f"{name}_high")
            )
            for c, x in adjusted.items()
        }

    lines = [
        line(*crude, ratios("ror")),
        line(
            "ROR by year and reporter",
            "Mantel-Haenszel over year of receipt and type of reporter",
            ratios("ror_mh"),
        ),
        line(
            "ROR by age and sex",
            "Mantel-Haenszel; what is missing is a stratum of its own",
            ratios("ror_age_sex"),
        ),
        line(
            "p of equal ratios in all ages and sexes",
            "Breslow-Day; small: the ratio above is a mean of unlike ones",
            {c: words.probability(x.p_homogeneity) for c, x in adjusted.items()},
        ),
        line(
            "ROR adjusted",
            "logistic regression on age band, sex, region and year",
            ratios("ror_adjusted"),
        ),
        line(
            "ROR adjusted, reporter too",
            "the same and type of reporter, which is also a way of reporting",
            ratios("ror_adjusted_reporter"),
        ),
        line(
            "IC by year of receipt",
            "expected count summed over years",
            {
                c: words.interval(x.ic_year, x.ic025_year, x.ic975_year)
                for c, x in adjusted.items()
            },
        ),
        line(
            "q of the pair",
            "Benjamini-Hochberg, among all pairs tested (number in brackets)",
            {
                c: f"{words.probability(x.q_bh)} ({words.count(x.m)})"
                for c, x in chance.items()
                if x.q_bh is not None
            },
        ),
        line(
            "p beside the controls",
            "one-sided p of ln ROR against negative controls; in brackets against 0",
            {
                c: f"{words.probability(x.p_calibrated_greater)}"
                f" ({words.probability(x.p_raw_greater)})"
                for c, x in chance.items()
                if x.p_calibrated_greater is not None
            },
        ),
        line(
            "Last 8 quarters against before",
            "ratio of the two RORs with 90 % limits; ▲ rising",
            {
                c: words.interval(x.ratio, x.ratio_low, x.ratio_high)
                + (" ▲" if x.is_rising else "")
                for c, x in recent.items()
            },
        ),
    ]
    return [x for x in lines if set(x.texts) != {words.NOTHING}]


def held_words(pair: Pair) -> str:
    """Say in which comparators a crude flag by the ROR is lost when adjusted."""
    flagged = {x.comparator for x in pair.row.estimates if (x.ror_low or 0) > 1}
    above = [x for x in pair.adjusted if x.comparator in flagged]
    if not above:
        return "In no comparator is the lower limit of the crude ROR above 1."
    lost = [x.comparator for x in above if any(low <= 1 for low in _lows(x))]
    if lost:
        return (
            f"In {words.joined(lost)} a lower limit falls to 1 or below when adjusted."
        )
    adjusted = words.joined([x.comparator for x in above if _lows(x)])
    if not adjusted:
        named = words.joined([x.comparator for x in above])
        return f"In {named} nothing could be adjusted."
    return f"In {adjusted} every adjusted lower limit stays above 1."


def _lows(line: Adjusted) -> list[float]:
    """Adjusted lower limits that were computed."""
    lows = (
        # One sex only is a restriction of its own.
        line.ror_low if line.sex != "all" else None,
        line.ror_mh_low,
        line.ror_age_sex_low,
        line.ror_adjusted_low,
        line.ror_adjusted_reporter_low,
    )
    return [low for low in lows if low is not None]


def surveillance_words(found: Surveillance) -> str:
    """Say what the sequential test of a pair found."""
    flag = (
        f"first flagged in {found.first_flag}" if found.sdr_maxsprt else "never flagged"
    )
    end = ", where its plan ended" if found.plan_ended else ""
    back = (
        f" Of them {words.count(found.n_retracted)} no longer "
        f"{'counts' if found.n_retracted == 1 else 'count'} today."
        if found.n_retracted
        else ""
    )
    return (
        f"Sequential test in A from {found.first_quarter} to {found.as_of}{end}: "
        f"{flag}. "
        f"{words.plural(found.cases, 'case')} as they looked when they came in, "
        f"{words.ratio(found.expected)} expected; {words.count(found.cases_needed)} "
        f"would be flagged at look {found.looks_used}.{back}"
    )


def onset_words(found: Onset) -> str:
    """Say what reports state of the time from start to event."""
    n = found.n_dated + found.n_before_start + found.n_not_dated
    apart = [
        f"{words.count(found.n_not_dated)} without dates" if found.n_not_dated else "",
        f"{words.count(found.n_before_start)} with the event before the start"
        if found.n_before_start
        else "",
    ]
    left = words.joined([x for x in apart if x])
    head = (
        f"Time to onset: {words.count(found.n_dated)} of {words.plural(n, 'report')} "
        f"state it{f' ({left})' if left else ''}."
    )
    if not found.n_dated:
        return head
    parts = [head, f" Median {_days(found.median_low_days, found.median_high_days)}"]
    if found.share_under_90 is not None:
        unsure = (
            f", {words.count(found.n_uncertain_90)} uncertain"
            if found.n_uncertain_90
            else ""
        )
        low, high = found.share_under_90_low, found.share_under_90_high
        parts.append(
            f"; before day 90: {words.count(found.n_under_90)} "
            f"({found.share_under_90:.0%}, limits {low:.0%} to {high:.0%}{unsure})"
        )
    if found.shape is not None:
        shape = words.interval(found.shape, found.shape_low, found.shape_high)
        parts.append(f"; Weibull shape {shape}")
    return "".join(parts) + "."


def _days(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return words.NOTHING
    if round(low) == round(high):
        return words.plural(round(low), "day")
    return f"between {round(low):,} and {round(high):,} days"


def interaction_words(found: Interaction) -> str:
    """Say what is reported with a pair and another suspect."""
    kind = ", a therapy of the list itself" if found.is_therapy else ""
    return (
        f"{found.substance}{kind}: {words.plural(found.n111, 'report')}, "
        f"{words.ratio(found.expected)} expected from each alone; "
        f"Omega {words.interval(found.omega, found.omega025, found.omega975)}"
    )


def controls_words(lines: Sequence[ControlPerformance]) -> str:
    """Say how many negative controls flag; empty where none could be judged."""
    texts = [
        f"{words.count(x.n_negative_sdr_ror)} of {words.count(x.n_negative_judged)} "
        f"in {x.comparator}"
        for x in lines
        if x.n_negative_judged
    ]
    return words.joined(texts)


CONTROLS_AT_MOST: Final = 0.05
"""Share of negative controls that may flag (docs/statistics.md, "Controls")."""


def target_words(lines: Sequence[ControlPerformance]) -> str:
    """Whether the negative controls keep to their target, by comparator.

    Empty where none could be judged.
    """
    judged = [x for x in lines if x.n_negative_judged]
    if not judged:
        return ""
    missed = [
        f"in {x.comparator} ({words.count(x.n_negative_sdr_ror)} of "
        f"{words.count(x.n_negative_judged)} = {100 * share:.2g} %)"
        for x in judged
        if (share := x.n_negative_sdr_ror / x.n_negative_judged) > CONTROLS_AT_MOST
    ]
    met = [
        x.comparator
        for x in judged
        if x.n_negative_sdr_ror / x.n_negative_judged <= CONTROLS_AT_MOST
    ]
    found = "; ".join(
        filter(
            None,
            [
                f"missed {words.joined(missed)}" if missed else "",
                f"met in {words.joined(met)}" if met else "",
            ],
        )
    )
    return f"The target is at most {100 * CONTROLS_AT_MOST:g} %: {found}."


@dataclass(frozen=True)
class DrugTestRow:
    """One drug with its tests, comparators side by side."""

    drug: str
    drug_level: str
    tests: tuple[DrugTest | None, ...]


def drug_test_rows(tests: Iterable[DrugTest]) -> list[DrugTestRow]:
    """Tests with one line a drug, in the order of the smallest p."""
    by_drug: dict[tuple[str, str], dict[str, DrugTest]] = {}
    for test in tests:
        if test.p_lrt is not None:
            by_drug.setdefault((test.drug, test.drug_level), {})[test.comparator] = test
    return [
        DrugTestRow(drug, level, tuple(found.get(c) for c in COMPARATORS))
        for (drug, level), found in by_drug.items()
    ]
