"""Simulated archives through the stages, several at a time."""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pvsignal import simulate
from pvsignal.analysis import Analysis, load_analysis
from pvsignal.pipeline.building import build, open_warehouse
from pvsignal.pipeline.evaluating.archive import (
    ArchiveFigures,
    figures_of,
    read_statistics,
    warm_up,
)
from pvsignal.pipeline.evaluating.truth import read_truth
from pvsignal.pipeline.inputs import identify
from pvsignal.pipeline.intake import land, stage
from pvsignal.pipeline.scoring.adjusted import score_adjusted
from pvsignal.pipeline.scoring.cells import score_cells
from pvsignal.pipeline.scoring.ebgm import Priors
from pvsignal.pipeline.scoring.pairs import score_pairs
from pvsignal.pipeline.scoring.year_stratified import score_year_stratified
from pvsignal.progress import NoProgress, Progress
from pvsignal.quarter import QuarterSpan
from pvsignal.settings import Settings

# Null archives have seeds of their own: their background is not that of the others.
FIRST_SEED: Final = 1
FIRST_NULL_SEED: Final = 1_001

# Each process runs DuckDB: two together stay within 8 GB.
MEMORY: Final = "3GB"


@dataclass(frozen=True)
class Plan:
    """What to simulate and how.

    Attributes
    ----------
    n_seeds, n_null_seeds
        Archives with planted signals and scenes, and without any.
    n_reports, span
        Size of each.
    processes
        Archives at a time.
    analysis
        Analysis file or name; None for the shipped one.
    """

    n_seeds: int
    n_null_seeds: int
    n_reports: int
    span: QuarterSpan
    processes: int = 2
    analysis: Path | None = None


def run_archives(
    plan: Plan, *, progress: Progress | None = None
) -> tuple[ArchiveFigures, ...]:
    """Figures of every archive of a plan, planted ones first, in the order of seeds."""
    listener = progress or NoProgress()
    jobs = [
        *((seed, True) for seed in range(FIRST_SEED, FIRST_SEED + plan.n_seeds)),
        *(
            (seed, False)
            for seed in range(FIRST_NULL_SEED, FIRST_NULL_SEED + plan.n_null_seeds)
        ),
    ]
    # A fork would copy the threads of the libraries in whatever state they are.
    context = multiprocessing.get_context("spawn")
    listener.start("evaluating archives", len(jobs))
    with ProcessPoolExecutor(plan.processes, mp_context=context) as pool:
        waiting = [
            pool.submit(run_archive, plan, seed, is_planted=is_planted)
            for seed, is_planted in jobs
        ]
        try:
            for done in as_completed(waiting):
                done.result()
                listener.advance(1)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    listener.finish()
    return tuple(one.result() for one in waiting)


def run_archive(plan: Plan, seed: int, *, is_planted: bool) -> ArchiveFigures:
    """Figures of one archive, made and run in a folder that is gone afterwards."""
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix=f"pvsignal-evaluate-{seed}-") as folder:
        made = figures_in(Path(folder), plan, seed, is_planted=is_planted)
    return replace(made, seconds=time.perf_counter() - begun)


def figures_in(
    folder: Path, plan: Plan, seed: int, *, is_planted: bool
) -> ArchiveFigures:
    """Figures of one archive; the archive and its warehouse stay in the folder."""
    simulated = simulate.simulate(
        folder / "archives",
        span=plan.span,
        n_reports=plan.n_reports,
        seed=seed,
        with_fates=False,
        planted=is_planted,
        scenes=tuple(simulate.SCENES) if is_planted else (),
    )
    settings = Settings(
        data_dir=folder / "data",
        mirror=str(folder / "archives"),
        meddra=None,
        threads=1,
        memory_limit=MEMORY,
    )
    analysis = of_primary(load_analysis(plan.analysis))
    scored(settings, analysis)
    table = read_statistics(settings.warehouse_path, analysis.thresholds)
    pairs = set(zip(table["drug"], table["event"], strict=True))
    truth = read_truth(simulated.truth, pairs, first=plan.span.first)
    by_rule, by_scene = figures_of(table, truth)
    n_quarters = len(plan.span) - warm_up(len(plan.span))
    return ArchiveFigures(seed, is_planted, n_quarters, by_rule, by_scene)


def of_primary(analysis: Analysis) -> Analysis:
    """The analysis with its primary variant alone: rules are those of no other."""
    primary = tuple(one for one in analysis.variants if one.name == "primary")
    return analysis.model_copy(update={"variants": primary})


def scored(settings: Settings, analysis: Analysis) -> None:
    """Run the stages up to the statistics that rules are made of, and no further."""
    land(settings)
    inputs = identify(settings, analysis, staged=stage(settings))
    build(settings, inputs)
    with open_warehouse(settings) as con:
        priors = Priors(str(inputs.as_of), score_pairs(con, inputs.as_of))
        score_cells(con, analysis, priors=priors)
        score_year_stratified(con, analysis.thresholds)
        score_adjusted(con)
