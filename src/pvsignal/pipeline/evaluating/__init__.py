"""How well an analysis finds what is there: simulated archives with a known truth."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from pvsignal.analysis import load_analysis
from pvsignal.errors import UsageError
from pvsignal.pipeline.evaluating.archive import ArchiveFigures
from pvsignal.pipeline.evaluating.running import Plan, run_archives
from pvsignal.pipeline.evaluating.summary import (
    Contrast,
    NullSummary,
    RuleSummary,
    SceneSummary,
    contrasts,
    summarised_nulls,
    summarised_rules,
    summarised_scenes,
)
from pvsignal.pipeline.inputs import read_lists
from pvsignal.progress import Progress

__all__ = ["Evaluation", "Plan", "as_json", "evaluate"]


@dataclass(frozen=True)
class Evaluation:
    """What was run, and what came out.

    Attributes
    ----------
    plan
        What was run.
    rules, scenes, contrasts
        Over the archives with planted signals.
    nulls
        Over those without.
    archives
        Figures of each archive.
    """

    plan: Plan
    rules: tuple[RuleSummary, ...]
    nulls: tuple[NullSummary, ...]
    scenes: tuple[SceneSummary, ...]
    contrasts: tuple[Contrast, ...]
    archives: tuple[ArchiveFigures, ...]


def evaluate(plan: Plan, *, progress: Progress | None = None) -> Evaluation:
    """Run an analysis over simulated archives and hold its flags against the truth.

    Raises
    ------
    UsageError
        If the analysis scores no pair of which the truth is known.
    PvsignalError
        As the stages do.
    """
    # A slip in the analysis fails before anything is simulated.
    read_lists(load_analysis(plan.analysis))
    archives = run_archives(plan, progress=progress)
    if not any(rule.n_true + rule.n_null for one in archives for rule in one.rules):
        raise UsageError(
            "the analysis scores no pair of a therapy and a neoplasm group that the "
            "simulated archives hold; evaluate one that does"
        )
    planted = [one for one in archives if one.is_planted]
    return Evaluation(
        plan=plan,
        rules=summarised_rules(planted),
        nulls=summarised_nulls([one for one in archives if not one.is_planted]),
        scenes=summarised_scenes(planted),
        contrasts=contrasts(planted),
        archives=archives,
    )


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """Content for a JSON file; null where a figure is not known or infinite."""
    content = asdict(evaluation)
    content["plan"] |= {
        "span": str(evaluation.plan.span),
        "analysis": str(evaluation.plan.analysis or ""),
    }
    plain: dict[str, Any] = _plain(content)
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
