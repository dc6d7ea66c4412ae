"""Bring warehouse, statistics, ledger and report up to what the source has posted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE

from pvsignal import pipeline
from pvsignal.analysis import load_analysis
from pvsignal.errors import SourceError
from pvsignal.quarter import QuarterSpan
from pvsignal.settings import Settings


class LogProgress:
    """Writes the begin and end of each piece of work to the log of the run."""

    def __init__(self) -> None:
        self._logger = get_run_logger()
        self._label = ""
        self._done = 0

    def start(self, label: str, total: int | None) -> None:
        """Log the begin."""
        self._label, self._done = label, 0
        self._logger.debug("%s: begins (%s)", label, total or "size unknown")

    def advance(self, n: int) -> None:
        """Count, without a line for each step."""
        self._done += n

    def finish(self) -> None:
        """Log the end."""
        self._logger.info("%s: %s done", self._label, f"{self._done:,}")


def is_transient(_task: Any, _run: Any, state: Any) -> bool:
    """Retry only what the same request may bring later."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, SourceError) and error.transient


land = task(
    name="land",
    cache_policy=NO_CACHE,
    retries=4,
    retry_delay_seconds=[30, 120, 600, 1800],
    retry_condition_fn=is_transient,
)(pipeline.land)
stage = task(name="stage", cache_policy=NO_CACHE)(pipeline.stage)
identify = task(name="identify", cache_policy=NO_CACHE)(pipeline.identify)
build = task(name="build", cache_policy=NO_CACHE)(pipeline.build)
score = task(name="score", cache_policy=NO_CACHE)(pipeline.score)
assess = task(name="assess", cache_policy=NO_CACHE)(pipeline.assess)
publish = task(name="publish", cache_policy=NO_CACHE)(pipeline.publish)


def announce(
    published: pipeline.Published, landed: pipeline.Landed
) -> pipeline.Published:
    """Log what the run came to; what is unusual about the source as a warning."""
    for note in landed.notes:
        get_run_logger().warning(note)
    get_run_logger().info("\n".join(published.findings))
    get_run_logger().info(
        "run %s as of %s: %s; %d pairs on the board, %d robust, %d emerging; report %s",
        published.run,
        published.as_of,
        "published" if published.is_new else "nothing new",
        published.n_on_board,
        published.n_robust,
        published.n_emerging,
        published.report,
    )
    return published


@flow(name="refresh")
def refresh(
    data_dir: Path = Path("data"),
    mirror: str | None = None,
    quarters: str | None = None,
    analysis: Path | None = None,
) -> pipeline.Published:
    """Refresh one data directory; does nothing where nothing new was posted."""
    settings = Settings.read(data_dir=data_dir, mirror=mirror)
    what = load_analysis(analysis or settings.analysis)
    span = QuarterSpan.parse(quarters) if quarters else None
    with pipeline.hold(settings):
        landed = land(settings, span=span, progress=LogProgress())
        staged = stage(settings, span=span, progress=LogProgress())
        inputs = identify(settings, what, staged=staged)
        before = pipeline.published_before(settings, inputs)
        if before is not None:
            return announce(before, landed)
        built = build(settings, inputs, progress=LogProgress())
        assessed = assess(settings, score(settings, built))
        published = publish(settings, assessed, progress=LogProgress())
        return announce(published, landed)
