"""Building the warehouse at two sizes: seconds, rows and peak memory of each model.

The statistics, priors included, are computed after it as one step; what follows, states
of all pairs at all quarters, checks, grid and permutations, by its parts.

Archives are simulated over all quarters of the archive, landed and staged once; a data
directory that is there is used again. Then each size is built in a process of its own
as `pvsignal build` does it, with the settings of an operator: links of suspected
duplicates, every model, the matching of names between them, the checks. The peak of a
step is as `bench.meter` says. The growth is the ratio of the seconds; with five times
the reports 5 is linear.

    python -m bench.bench_build [--reports 1000000,5000000] [--json FILE] [--dir DIR]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Final
from unittest import mock

from bench.meter import Meter, Step, aligned, in_a_process
from pvsignal import duplicates, pipeline, simulate, warehouse
from pvsignal.analysis import load_analysis
from pvsignal.pipeline import judging
from pvsignal.quarter import QuarterSpan
from pvsignal.settings import Settings

NAME: Final = "bench.bench_build"
SPAN: Final = QuarterSpan.parse("2004q1..2026q2")
MOST_GB: Final = 8.0
LINK, CHECKS, REST = "link duplicates", "checks", "names, clusters, other Python"
SCORE: Final = "score"
ASSESS: Final = "assess"
# Parts of `pipeline.assess`, by their names in the module that calls them.
PARTS: Final = (
    *("judge_novelty", "judge_classes", "screened_pairs", "sources_of_pairs"),
    *("check_concentration", "check_duplicates", "check_professionals"),
    *("check_notoriety", "check_age_sex", "check_onset", "check_markers"),
    *("check_hinges", "replayed", "judge_grid", "judge_concentration_detail"),
    *("judge_error_budget", "judge_changes"),
)
PREPARED: Final = ("simulate", "land", "stage")


def built(data_dir: Path) -> list[Step]:
    """Build and score what is staged, in this process."""
    settings = Settings(data_dir=data_dir)
    analysis = load_analysis(settings.analysis)
    inputs = pipeline.identify(
        settings, analysis, staged=pipeline.staged_before(settings)
    )
    meter = Meter()
    link = meter.measuring(duplicates.link_quarters, lambda *_, **__: LINK)
    model = meter.measuring(warehouse.run_model, lambda _, model, **__: model.name)
    checks = meter.measuring(warehouse.run_checks, lambda *_, **__: CHECKS)
    begun = time.perf_counter()
    with (
        mock.patch.object(duplicates, "link_quarters", link),
        mock.patch.object(warehouse, "run_model", model),
        mock.patch.object(warehouse, "run_checks", checks),
        mock.patch.object(warehouse, "side_by_side", in_turn),
    ):
        warehouse_built = pipeline.build(settings, inputs)
    seconds = time.perf_counter() - begun
    rest = seconds - sum(step.seconds for step in meter.steps)
    scoring = Meter()
    with scoring.step(SCORE):
        scored = pipeline.score(settings, warehouse_built)
    n_rows = rows_of_tables(settings.warehouse_path)
    return [
        *(Step(**asdict(s) | {"n_rows": n_rows.get(s.name)}) for s in meter.steps),
        Step(REST, rest, 0.0),
        *scoring.steps,
        *assessed(settings, scored),
    ]


def assessed(settings: Settings, scored: pipeline.Scored) -> list[Step]:
    """Judge what was scored, in this process, part by part."""
    meter = Meter()
    begun = time.perf_counter()
    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(warehouse, "side_by_side", in_turn))
        for part in PARTS:
            work = meter.measuring(
                getattr(judging, part), lambda *_, part=part, **__: f"{ASSESS}: {part}"
            )
            stack.enter_context(mock.patch.object(judging, part, work))
        pipeline.assess(settings, scored)
    seconds = time.perf_counter() - begun
    rest = seconds - sum(step.seconds for step in meter.steps)
    return [*meter.steps, Step(f"{ASSESS}: rest", rest, 0.0)]


def in_turn(con: warehouse.Connection, *works: warehouse.Work) -> None:
    """Do what is done side by side one after the other: each is measured alone."""
    for work in works:
        work(con)


def rows_of_tables(file: Path) -> dict[str, int]:
    """Rows of each table that the models made."""
    names = [warehouse.read_model(m) for ms in warehouse.MODELS.values() for m in ms]
    tables = [model.name for model in names if model.kind == "table"]
    with warehouse.connect(file) as con:
        return {
            name: int(
                warehouse.query_rows(con, f"select count(*) as n from {name}")[0]["n"]
            )
            for name in tables
        }


def prepared(folder: Path, n_reports: int) -> list[Step]:
    """Simulate, land and stage in this process, where it is not done yet."""
    archives, data_dir = folder / f"archives_{n_reports}", folder / f"data_{n_reports}"
    meter = Meter()
    if not (archives / "truth").is_dir():
        with meter.step("simulate"):
            simulate.simulate(
                archives, span=SPAN, n_reports=n_reports, seed=1, with_fates=False
            )
    settings = Settings(data_dir=data_dir, mirror=str(archives))
    with meter.step("land"):
        pipeline.land(settings)
    with meter.step("stage"):
        pipeline.stage(settings)
    return meter.steps


def bench(folder: Path, n_reports: int) -> list[Step]:
    """Measure one size; links that are there are made anew."""
    where = ["--dir", str(folder)]
    return [
        Step(**step)
        for part in ("--prepare", "--build")
        for step in in_a_process(NAME, part, str(n_reports), *where)
    ]


def table(found: dict[int, list[Step]]) -> str:
    """Seconds of each size, their growth, rows and peak of the last."""
    sizes = sorted(found)
    by_name = [{step.name: step for step in found[size]} for size in sizes]
    head = ["model", "rows", *(f"{size / 1e6:g} M, s" for size in sizes), "growth"]
    lines = [[*head, "peak GB"]]
    for step in found[sizes[-1]]:
        rows = "" if step.n_rows is None else f"{step.n_rows:,}"
        seconds = [steps[step.name].seconds for steps in by_name if step.name in steps]
        lines.append([step.name, rows, *line_of(seconds, len(sizes)), peak_of(step)])
    for title, is_part in (("build and score", _is_built), (ASSESS, _is_assessed)):
        totals = [sum(s.seconds for s in found[size] if is_part(s)) for size in sizes]
        peaks = [step.peak_gb for step in found[sizes[-1]] if is_part(step)]
        if not peaks:
            continue
        lines.append([title, "", *line_of(totals, len(sizes)), f"{max(peaks):.2f}"])
    return aligned(lines)


def _is_assessed(step: Step) -> bool:
    return step.name.startswith(ASSESS)


def _is_built(step: Step) -> bool:
    return step.name not in PREPARED and not _is_assessed(step)


def line_of(seconds: list[float], n_sizes: int) -> list[str]:
    """Cells of seconds and growth; a growth of less than 0.1 s is noise."""
    if len(seconds) < n_sizes:
        return [""] * (n_sizes - 1) + [f"{seconds[-1]:.2f}", ""]
    first, last = seconds[0], seconds[-1]
    grown = f"{last / first:.1f}" if n_sizes > 1 and first >= 0.1 else ""
    return [*(f"{one:.2f}" for one in seconds), grown]


def peak_of(step: Step) -> str:
    """Cell of the peak, empty where it was not measured."""
    return f"{step.peak_gb:.2f}" if step.peak_gb else ""


def main() -> None:
    """Print the table; fail if a step takes more memory than it may."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", default="1000000,5000000")
    parser.add_argument("--dir", type=Path, help="folder that is kept")
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument("--prepare", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--build", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.prepare:
        steps = prepared(options.dir, options.prepare)
        print(json.dumps([asdict(step) for step in steps]))
        return
    if options.build:
        steps = built(options.dir / f"data_{options.build}")
        print(json.dumps([asdict(step) for step in steps]))
        return
    sizes = sorted(int(size) for size in options.reports.split(","))
    with tempfile.TemporaryDirectory() as name:
        folder = options.dir or Path(name)
        found = {size: bench(folder.resolve(), size) for size in sizes}
    print(table(found))
    if options.json:
        figures = {str(size): [asdict(s) for s in found[size]] for size in sizes}
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    heavy = [s for steps in found.values() for s in steps if s.peak_gb > MOST_GB]
    if heavy:
        names = ", ".join(f"{s.name} ({s.peak_gb:.1f} GB)" for s in heavy)
        sys.exit(f"more than {MOST_GB:g} GB of memory: {names}")


if __name__ == "__main__":
    main()
