"""How well an analysis finds what is there: simulated archives with a known truth."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from pvsignal.analysis import NEOPLASMS, Analysis, load_analysis
from pvsignal.codelists import drug_members
from pvsignal.errors import UsageError
from pvsignal.pipeline.evaluating.archive import (
    NOTHING,
    SCENES,
    SIGNALS,
    ArchiveFigures,
)
from pvsignal.pipeline.evaluating.running import Plan, run_archives
from pvsignal.pipeline.evaluating.summary import (
    Contrast,
    NullSummary,
    RatioSummary,
    RuleSummary,
    SceneSummary,
    SizeSummary,
    contrasts,
    summarised_nulls,
    summarised_ratios,
    summarised_rules,
    summarised_scenes,
    summarised_sizes,
)
from pvsignal.pipeline.evaluating.truth import simulated_therapies
from pvsignal.pipeline.inputs import read_lists
from pvsignal.progress import Progress
from pvsignal.report import NullArchives

__all__ = ["Evaluation", "Plan", "as_json", "evaluate", "null_archives"]


@dataclass(frozen=True)
class Evaluation:
    """What was run, and what came out.

    Attributes
    ----------
    plan
        What was run.
    rules, sizes, ratios
        Over the archives with planted signals.
    nulls
        Over those in which nothing is planted.
    scenes, contrasts
        Over those with scenes.
    archives
        Figures of each archive.
    """

    plan: Plan
    rules: tuple[RuleSummary, ...]
    sizes: tuple[SizeSummary, ...]
    ratios: tuple[RatioSummary, ...]
    nulls: tuple[NullSummary, ...]
    scenes: tuple[SceneSummary, ...]
    contrasts: tuple[Contrast, ...]
    archives: tuple[ArchiveFigures, ...]


def evaluate(plan: Plan, *, progress: Progress | None = None) -> Evaluation:
    """Run an analysis over simulated archives and hold its flags against the truth.

    Raises
    ------
    UsageError
        If what is true of the pairs that the analysis scores is not known.
    PvsignalError
        As the stages do.
    """
    # A slip in the analysis fails before anything is simulated.
    require_simulated(load_analysis(plan.analysis))
    archives = run_archives(plan, progress=progress)
    planted, null, played = (
        [one for one in archives if one.kind == kind]
        for kind in (SIGNALS, NOTHING, SCENES)
    )
    return Evaluation(
        plan=plan,
        rules=summarised_rules(planted),
        sizes=summarised_sizes(planted),
        ratios=summarised_ratios(planted),
        nulls=summarised_nulls(null),
        scenes=summarised_scenes(played),
        contrasts=contrasts(played),
        archives=archives,
    )


def require_simulated(analysis: Analysis) -> None:
    """Refuse an analysis of which the simulated archives do not know the truth.

    With an MS therapy a neoplasm is reported as often as with any other drug, unless it
    is planted. With other drugs and other events it is not.

    Raises
    ------
    UsageError
        If it scores no MS therapy, or another event than a neoplasm.
    """
    scored = set(drug_members(read_lists(analysis))["therapy"])
    if not scored & simulated_therapies():
        raise UsageError(
            f"the analysis {analysis.name} scores no MS therapy; nothing is known to "
            "be true of other drugs in simulated archives"
        )
    if set(analysis.events) != {NEOPLASMS}:
        raise UsageError(
            f"the analysis {analysis.name} counts other events than neoplasms; nothing "
            "is known to be true of them in simulated archives"
        )


def null_archives(evaluation: Evaluation) -> tuple[NullArchives, ...]:
    """What the report quotes of the archives in which nothing is planted.

    A rule that judged no pair has no row.
    """
    plan = evaluation.plan
    analysis = load_analysis(plan.analysis)
    return tuple(
        NullArchives(
            analysis=analysis.name,
            analysis_sha256=analysis.sha256,
            rule=one.rule,
            comparator=one.comparator,
            n_archives=one.specificity.n,
            n_reports=plan.n_reports,
            n_quarters=len(plan.span),
            n_pairs=one.n_null,
            share_flagged=1 - one.specificity.value,
            share_low=_known(1 - one.specificity.high),
            share_high=_known(1 - one.specificity.low),
            newly_flagged=_known(one.new_false.value),
        )
        for one in evaluation.nulls
        if math.isfinite(one.specificity.value)
    )


def _known(figure: float) -> float | None:
    return figure if math.isfinite(figure) else None


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
