"""Simulated archives through the stages, several at a time."""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pvsignal import simulate
from pvsignal.analysis import Analysis, load_analysis
from pvsignal.errors import PvsignalError
from pvsignal.pipeline.building import build, open_warehouse
from pvsignal.pipeline.evaluating.archive import (
    NOTHING,
    SCENES,
    SIGNALS,
    ArchiveFigures,
    read_statistics,
    rule_figures,
    scene_figures,
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

# Each kind of archive has seeds of its own: its background is not that of the others.
FIRST_SEEDS: Final = {SIGNALS: 1, NOTHING: 1_001, SCENES: 2_001}

# Share of reports with an MS therapy, about ten times the real one: with that an
# archive of this size would expect hardly a report of any pair.
MS_SHARE: Final = 0.30

# True ratios of the planted signals, dealt so that each signal has each of them.
RATIOS: Final = (2.0, 5.0, 10.0)

# Each process runs DuckDB: two together stay within 8 GB.
MEMORY: Final = "3GB"


@dataclass(frozen=True)
class Plan:
    """What to simulate and how.

    Attributes
    ----------
    n_seeds, n_null_seeds, n_scene_seeds
        Archives with planted signals, with nothing planted, and with scenes.
    n_reports, span
        Size of each.
    processes
        Archives at a time.
    analysis
        Analysis file or name; None for the shipped one.
    """

    n_seeds: int
    n_null_seeds: int
    n_scene_seeds: int
    n_reports: int
    span: QuarterSpan
    processes: int = 2
    analysis: Path | None = None


def run_archives(
    plan: Plan, *, progress: Progress | None = None
) -> tuple[ArchiveFigures, ...]:
    """Figures of every archive of a plan, kind by kind, in the order of seeds.

    Raises
    ------
    PvsignalError
        As the stages do, and if a process was killed.
    """
    listener = progress or NoProgress()
    numbers = {
        SIGNALS: plan.n_seeds,
        NOTHING: plan.n_null_seeds,
        SCENES: plan.n_scene_seeds,
    }
    jobs = [
        (FIRST_SEEDS[kind] + number, kind)
        for kind, n in numbers.items()
        for number in range(n)
    ]
    # A fork would copy the threads of the libraries in whatever state they are.
    context = multiprocessing.get_context("spawn")
    listener.start("evaluating archives", len(jobs))
    with ProcessPoolExecutor(plan.processes, mp_context=context) as pool:
        waiting = [
            pool.submit(run_archive, plan, seed, kind=kind) for seed, kind in jobs
        ]
        try:
            for done in as_completed(waiting):
                done.result()
                listener.advance(1)
        except BrokenProcessPool:
            raise PvsignalError(
                "a process that ran an archive was killed, most often for want of "
                "memory; use --processes 1 or fewer --reports"
            ) from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    listener.finish()
    return tuple(one.result() for one in waiting)


def run_archive(plan: Plan, seed: int, *, kind: str) -> ArchiveFigures:
    """Figures of one archive, made and run in a folder that is gone afterwards."""
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix=f"pvsignal-evaluate-{seed}-") as folder:
        made = figures_in(Path(folder), plan, seed, kind=kind)
    return replace(made, seconds=time.perf_counter() - begun)


def dealt_ratios(seed: int) -> tuple[float, ...]:
    """True ratios as an archive deals them out, the next seed beginning one further."""
    begin = seed % len(RATIOS)
    return RATIOS[begin:] + RATIOS[:begin]


def figures_in(folder: Path, plan: Plan, seed: int, *, kind: str) -> ArchiveFigures:
    """Figures of one archive; the archive and its warehouse stay in the folder.

    Scenes are played in archives of their own: they change what stands behind other
    pairs, and their choice would decide which comparator looks best.
    """
    simulated = simulate.simulate(
        folder / "archives",
        span=plan.span,
        n_reports=plan.n_reports,
        seed=seed,
        with_fates=False,
        planted=kind == SIGNALS,
        drawn_ratios=dealt_ratios(seed) if kind == SIGNALS else (),
        scenes=tuple(simulate.SCENES) if kind == SCENES else (),
        ms_share=MS_SHARE,
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
    if kind == SCENES:
        return ArchiveFigures(seed, kind, scenes=scene_figures(table, truth))
    return ArchiveFigures(
        seed, kind, rules=rule_figures(table, truth), planted=truth.planted
    )


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
