"""What a run finds where there is nothing to be found: archives without any signal.

Null archives are simulated, each from a seed of its own, and go through the whole
pipeline, two at a time. Every pair that becomes emerging in them does so by chance.
The published file of each is read as anybody would: `api.states` says what emerged,
`api.error_budget` what the permutations of the same run expected.

A quarter counts once the reports have had time to gather: the first `WARM_UP` are left
out. The interval over seeds is that of the mean by Student's t.

    python -m bench.bench_signals --null-seeds 20 [--reports 20000] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
from scipy import stats

from pvsignal import pipeline, simulate
from pvsignal.analysis import load_analysis
from pvsignal.quarter import QuarterSpan
from pvsignal.query import run_query
from pvsignal.settings import Settings

SPAN: Final = QuarterSpan.parse("2014q1..2023q4")
WARM_UP: Final = 8
PROCESSES: Final = 2
# A run of DuckDB in each process: together they stay within 8 GB.
MEMORY: Final = "3GB"
TIMEOUT_SECONDS: Final = 60.0

# A pair is newly emerging where it was not so in the quarter before.
_FOUND: Final = """
    with followed as (
        select quarter, state, evidence_state,
            lag(state, 1, 'none') over (pair) as before,
            lag(evidence_state, 1, 'none') over (pair) as evidence_before
        from api.states
        window pair as (partition by drug, event order by quarter)
    ),

    counted as (
        select quarter,
            count(*) filter (state = 'emerging' and before <> 'emerging') as n_new,
            count(*) filter (
                evidence_state = 'emerging' and evidence_before <> 'emerging'
            ) as n_new_by_evidence
        from followed
        group by quarter
    )

    select budget.as_of, budget.expected_new, budget.observed_new,
        coalesce(counted.n_new, 0) as n_new,
        coalesce(counted.n_new_by_evidence, 0) as n_new_by_evidence
    from api.error_budget as budget
    left join counted on budget.as_of = counted.quarter
    order by budget.as_of
"""

FIGURES: Final = {
    "n_new": "newly emerging, as the board counts them",
    "n_new_by_evidence": "newly emerging by evidence, labels and checks apart",
    "observed_new": "newly emerging by the rules of the error budget",
    "expected_new": "expected by the permutations of the same run",
}


@dataclass(frozen=True)
class Null:
    """One archive without signals.

    Attributes
    ----------
    seed
        Seed of the archive.
    seconds
        Wall time of simulation and run.
    per_quarter
        Name of a figure of `FIGURES` to its mean over the quarters that count.
    """

    seed: int
    seconds: float
    per_quarter: dict[str, float]


@dataclass(frozen=True)
class Mean:
    """Mean of a figure over seeds, with its 95 % interval."""

    mean: float
    low: float
    high: float


def null_run(folder: Path, seed: int, n_reports: int) -> Null:
    """Simulate an archive without signals, run all of it, and count what emerged."""
    begun = time.perf_counter()
    archives = folder / "archives"
    simulate.simulate(
        archives,
        span=SPAN,
        n_reports=n_reports,
        seed=seed,
        with_fates=False,
        planted=False,
    )
    settings = Settings(
        data_dir=folder / "data", mirror=str(archives), threads=1, memory_limit=MEMORY
    )
    published = pipeline.run(settings, load_analysis())
    table = run_query(published.database, _FOUND, timeout_seconds=TIMEOUT_SECONDS)
    per_quarter = {
        name: float(np.mean(table[name].to_numpy()[WARM_UP:])) for name in FIGURES
    }
    return Null(seed, time.perf_counter() - begun, per_quarter)


def in_a_folder(where: Path | None, seed: int, n_reports: int) -> Null:
    """`null_run` in a folder that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=f"null-{seed}-", dir=where))
    try:
        return null_run(folder, seed, n_reports)
    finally:
        shutil.rmtree(folder)


def null_runs(seeds: Sequence[int], n_reports: int, where: Path | None) -> list[Null]:
    """Run every seed, two processes at a time; a line on stderr for each."""
    # A fork would copy the threads of the libraries in whatever state they are.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as pool:
        waiting = [pool.submit(in_a_folder, where, seed, n_reports) for seed in seeds]
        found = []
        for done in as_completed(waiting):
            null = done.result()
            found.append(null)
            sys.stderr.write(f"seed {null.seed}: {null.seconds:.0f} s\n")
    return sorted(found, key=lambda null: null.seed)


def mean_of(values: Sequence[float]) -> Mean:
    """Mean with its 95 % interval by Student's t; at least two values."""
    mean, n = float(np.mean(values)), len(values)
    error = float(np.std(values, ddof=1) / np.sqrt(n))
    width = float(stats.t.ppf(0.975, n - 1)) * error
    return Mean(mean, mean - width, mean + width)


def table(nulls: Sequence[Null]) -> str:
    """One line a figure: mean per quarter over seeds, and its interval."""
    lines = [f"{len(nulls)} archives without signals, {SPAN}, pairs per quarter"]
    for name, title in FIGURES.items():
        mean = mean_of([null.per_quarter[name] for null in nulls])
        lines.append(
            f"{title:55} {mean.mean:6.2f}  ({mean.low:.2f} to {mean.high:.2f})"
        )
    return "\n".join(lines)


def main() -> None:
    """Print how many pairs emerge by chance."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--null-seeds", type=int, default=20, help="at least 2")
    parser.add_argument("--reports", type=int, default=20_000)
    parser.add_argument("--dir", type=Path, help="folder for what is made on the way")
    parser.add_argument("--json", type=Path, help="file for the figures")
    options = parser.parse_args()
    if options.null_seeds < 2:
        parser.error("an interval over seeds needs two of them")
    seeds = range(1, options.null_seeds + 1)
    nulls = null_runs(seeds, options.reports, options.dir)
    sys.stdout.write(table(nulls) + "\n")
    if options.json:
        figures = [asdict(null) for null in nulls]
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
