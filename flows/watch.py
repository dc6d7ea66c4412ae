"""Ask openFDA what came since the newest held quarter, and what labels now say."""

from __future__ import annotations

from pathlib import Path

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE

from flows.refresh import is_transient
from pvsignal import pipeline
from pvsignal.settings import Settings

compare = task(
    name="watch",
    cache_policy=NO_CACHE,
    retries=3,
    retry_delay_seconds=[300, 1800, 7200],
    retry_condition_fn=is_transient,
)(pipeline.watch)
read_labels = task(
    name="labels",
    cache_policy=NO_CACHE,
    retries=3,
    retry_delay_seconds=[300, 1800, 7200],
    retry_condition_fn=is_transient,
)(pipeline.read_labels)


@flow(name="watch")
def watch(data_dir: Path = Path("data")) -> pipeline.Watched:
    """Watch one data directory between quarterly releases."""
    settings = Settings.read(data_dir=data_dir)
    with pipeline.hold(settings):
        watched = compare(settings)
        labelled = read_labels(settings)
    get_run_logger().info("%s; %s", watched.statement, watched.file)
    get_run_logger().info(
        "%d labels, %d sentences on malignancy", labelled.n_labels, labelled.n_mentions
    )
    return watched
