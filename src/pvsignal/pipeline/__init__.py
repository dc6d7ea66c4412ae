"""The stages as plain functions: land, stage, build, score, assess, publish; watch.

Each takes settings and the result of the stage before and returns a small frozen
result; tables stay in DuckDB. Prefect, if it is used, only decides when.
"""

from __future__ import annotations

from dataclasses import replace

from pvsignal.analysis import Analysis
from pvsignal.pipeline.building import Built, Note, build, built_before
from pvsignal.pipeline.dictionary_events import read_dictionary_events
from pvsignal.pipeline.inputs import Inputs, identify, read_lists
from pvsignal.pipeline.intake import (
    Clock,
    Landed,
    Reissue,
    Staged,
    hold,
    land,
    stage,
    staged_before,
    utc_now,
)
from pvsignal.pipeline.judging import Assessed, assess
from pvsignal.pipeline.labelling import read_labels
from pvsignal.pipeline.publishing import Published, publish, published_before
from pvsignal.pipeline.reviewing import (
    Reviewable,
    held_ledger,
    record_review,
    reviewable,
)
from pvsignal.pipeline.scoring import Scored, score, scored_before
from pvsignal.pipeline.watching import Watched, watch
from pvsignal.progress import Progress
from pvsignal.quarter import Quarter, QuarterSpan
from pvsignal.settings import Settings

__all__ = [
    "Assessed",
    "Built",
    "Inputs",
    "Landed",
    "Note",
    "Published",
    "Reissue",
    "Reviewable",
    "Scored",
    "Staged",
    "Watched",
    "assess",
    "build",
    "built_before",
    "hold",
    "identify",
    "land",
    "publish",
    "published_before",
    "read_labels",
    "read_lists",
    "record_review",
    "reviewable",
    "run",
    "score",
    "scored_before",
    "stage",
    "staged_before",
    "watch",
]


def run(
    settings: Settings,
    analysis: Analysis,
    *,
    span: QuarterSpan | None = None,
    as_of: Quarter | None = None,
    now: Clock = utc_now,
    progress: Progress | None = None,
) -> Published:
    """Run all stages, as ``pvsignal run`` does.

    Raises
    ------
    PvsignalError
        As the stages do; what was published before stays as it was.
    """
    # A slip in a list, a folder that is none or a ledger that is not whole fails before
    # gigabytes are fetched.
    read_lists(analysis)
    read_dictionary_events(settings, analysis)
    with hold(settings):
        held_ledger(settings, analysis.name)
        landed = land(settings, span=span, now=now, progress=progress)
        staged = stage(settings, span=span, progress=progress)
        inputs = identify(settings, analysis, staged=staged, as_of=as_of)
        published = published_before(settings, inputs)
        if published is None:
            built = build(settings, inputs, progress=progress)
            assessed = assess(settings, score(settings, built))
            published = publish(settings, assessed, now=now, progress=progress)
        else:
            # These inputs passed: what was blocked since is not the state any more.
            settings.blocked_path.unlink(missing_ok=True)
        return replace(published, notes=landed.notes)
