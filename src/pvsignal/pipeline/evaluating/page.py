"""An evaluation as Markdown, for a terminal and for a page between two marks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from pvsignal.errors import UsageError
from pvsignal.pipeline.evaluating import Evaluation
from pvsignal.pipeline.evaluating.rules import ALL, RULES
from pvsignal.pipeline.evaluating.running import MS_SHARE
from pvsignal.pipeline.evaluating.summary import (
    WITHIN_QUARTERS,
    RatioSummary,
    RuleSummary,
)
from pvsignal.stats import Interval

START, END = "<!-- evaluation: start -->", "<!-- evaluation: end -->"

Columns = Mapping[str, Callable[[Any], str]]

_TITLES: Final = {rule.name: rule.title for rule in RULES}

# Shown for each scene: the crude ratio, and in A what takes confounders out.
_SCENE_ROWS: Final = (
    *(("ror", comparator) for comparator in ALL),
    ("ic_year", "A"),
    ("ror_age_sex", "A"),
)

_RATIO_RULES: Final = ("ror", "ic", "eb05", "robust")

# Scenes in which the comparators must differ, and by which rules that is shown.
CONTRASTED: Final = ("confounded_indication", "class_effect")
_CONTRAST_RULES: Final = ("ror", "ic")


def require_page(page: Path) -> None:
    """Refuse a page that an evaluation cannot be written into.

    Raises
    ------
    UsageError
        If there is no such page, or it does not hold both marks in order.
    """
    if not page.is_file():
        raise UsageError(f"--page {page} is no file; name the page to write into")
    _, start, rest = page.read_text("utf-8").partition(START)
    if not start or END not in rest:
        raise UsageError(
            f"--page {page} does not hold the lines '{START}' and '{END}'; put them "
            "where the tables shall stand"
        )


def write_page(page: Path, text: str) -> None:
    """Put a text between the marks of a page."""
    before, _, rest = page.read_text("utf-8").partition(START)
    after = rest.partition(END)[2]
    page.write_text(f"{before}{START}\n{text}\n{END}{after}", "utf-8")


def markdown(evaluation: Evaluation) -> str:
    """All tables of an evaluation."""
    parts = [_plan(evaluation)]
    if evaluation.rules:
        parts += [
            "### How large the planted signals are\n\n"
            + _table(_SIZES, evaluation.sizes),
            "### True pairs found\n\n" + _table(_FINDING, evaluation.rules),
            "### True pairs found, by their true ratio\n\n"
            + _table(
                _BY_RATIO, [x for x in evaluation.ratios if x.rule in _RATIO_RULES]
            ),
            "### Estimates of true pairs\n\n" + _table(_ESTIMATING, evaluation.rules),
            "### Null pairs flagged beside them\n\n"
            + _table(_ALARMING, evaluation.rules),
        ]
    if evaluation.nulls:
        parts.append(
            "### Archives without signals\n\n" + _table(_NULL, evaluation.nulls)
        )
    scenes = [x for x in evaluation.scenes if (x.rule, x.comparator) in _SCENE_ROWS]
    if scenes:
        parts.append("### Scenes\n\n" + _table(_SCENES, scenes))
    differing = [
        x
        for x in evaluation.contrasts
        if x.scene in CONTRASTED and x.rule in _CONTRAST_RULES
    ]
    if differing:
        parts.append(
            "### Where the comparators differ\n\n" + _table(_CONTRASTS, differing)
        )
    return "\n\n".join(parts) + "\n"


def _plan(evaluation: Evaluation) -> str:
    plan = evaluation.plan
    return (
        f"{plan.n_seeds} archives with planted signals, {plan.n_null_seeds} with "
        f"nothing planted, {plan.n_scene_seeds} with scenes; {plan.n_reports:,} "
        f"reports in {len(plan.span)} quarters ({plan.span}) each, {MS_SHARE:.0%} of "
        "them with an MS therapy."
    )


def _number(value: float, digits: int = 2) -> str:
    """Number as text; a figure that is not known is a dash.

    Examples
    --------
    >>> _number(0.514), _number(3.0, 0), _number(float("nan")), _number(math.inf)
    ('0.51', '3', '-', 'not reached')
    """
    if math.isnan(value):
        return "-"
    return f"{value:.{digits}f}" if math.isfinite(value) else "not reached"


def _with_limits(found: Interval, digits: int = 2) -> str:
    """Figure with its interval.

    Examples
    --------
    >>> _with_limits(Interval(0.5, 0.25, 0.75, 9))
    '0.50 (0.25 to 0.75)'
    """
    text = _number(found.value, digits)
    if math.isnan(found.low):
        return text
    return f"{text} ({_number(found.low, digits)} to {_number(found.high, digits)})"


def _quartiles(row: RuleSummary | RatioSummary) -> str:
    low, high = row.delay_quartiles
    return "-" if math.isnan(low) else f"{_number(low, 0)}, {_number(high, 0)}"


def _with_quartiles(values: tuple[float, float, float]) -> str:
    """Median with its quartiles.

    Examples
    --------
    >>> _with_quartiles((0.5, 1.25, 3.0))
    '1.2 (0.5, 3.0)'
    """
    low, middle, high = values
    return f"{middle:.1f} ({low:.1f}, {high:.1f})"


def _rule(row: Any) -> str:
    return _TITLES[row.rule]


def _comparator(row: Any) -> str:
    return str(row.comparator)


_FINDING: Final[Columns] = {
    "rule": _rule,
    "comparator": _comparator,
    "true pairs": lambda x: _number(x.n_true, 1),
    "of them not to be judged": lambda x: _number(x.n_blind, 1),
    "sensitivity": lambda x: _with_limits(x.sensitivity),
    "area under ROC": lambda x: _with_limits(x.roc_area, 3),
    "quarters to first flag, median": lambda x: _with_limits(x.delay_median, 0),
    "quartiles": _quartiles,
    f"flagged within {WITHIN_QUARTERS} quarters": lambda x: _with_limits(x.within),
    "never flagged": lambda x: _with_limits(x.never),
}

_SIZES: Final[Columns] = {
    "true ratio": lambda x: _number(x.ratio, 0),
    "pairs an archive": lambda x: _number(x.n_pairs, 1),
    "reports with a ratio of 1, median (quartiles)": lambda x: _with_quartiles(
        x.n_expected
    ),
    "reports added": lambda x: _with_quartiles(x.n_planted),
}

_BY_RATIO: Final[Columns] = {
    "true ratio": lambda x: _number(x.ratio, 0),
    **{
        name: column
        for name, column in _FINDING.items()
        if name not in ("of them not to be judged", "area under ROC", "never flagged")
    },
}

_ESTIMATING: Final[Columns] = {
    "rule": _rule,
    "comparator": _comparator,
    "estimate / truth": lambda x: _with_limits(x.factor),
    "intervals that hold the truth": lambda x: _with_limits(x.coverage),
    "intervals of null pairs that hold 1": lambda x: _with_limits(x.coverage_null, 3),
}

_ALARMING: Final[Columns] = {
    "rule": _rule,
    "comparator": _comparator,
    "null pairs": lambda x: _number(x.n_null, 0),
    "flagged at the latest quarter": lambda x: _with_limits(x.n_false, 1),
    "specificity": lambda x: _with_limits(x.specificity, 4),
    "newly flagged a quarter": lambda x: _with_limits(x.new_false),
}

_NULL: Final[Columns] = {
    **_ALARMING,
    "at most, if independent": lambda x: _number(x.new_false_most),
    "intervals that hold 1": lambda x: _with_limits(x.coverage_null, 3),
}

_SCENES: Final[Columns] = {
    "scene": lambda x: x.scene,
    "rule": _rule,
    "comparator": _comparator,
    "pairs": lambda x: _number(x.n_pairs, 1),
    "true ratio": lambda x: _number(x.true),
    "crude ratio of the plan": lambda x: _number(x.expected),
    "estimate / truth": lambda x: _with_limits(x.factor),
    "share flagged": lambda x: _with_limits(x.flagged),
}

_CONTRASTS: Final[Columns] = {
    "scene": lambda x: x.scene,
    "rule": _rule,
    "comparators": lambda x: f"{x.first} less {x.second}",
    "share flagged": lambda x: _with_limits(x.flagged),
    "distance of estimate / truth from 1": lambda x: _with_limits(x.error),
}


def _table(columns: Columns, rows: Iterable[Any]) -> str:
    lines = [list(columns), ["---"] * len(columns)]
    lines += [[cell(row) for cell in columns.values()] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
