"""How long the simulator takes and what memory it holds.

``python -m bench.bench_simulate [reports ...]`` simulates all quarters, by default with
250,000 and a million reports, each in a process of its own, and prints what a report
costs in processor time against the step before: 1.00 is linear.
"""

import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from pvsignal.quarter import QuarterSpan
from pvsignal.simulate import simulate

SPAN = QuarterSpan.parse("2004q1..2026q2")
DEFAULT = (250_000, 1_000_000)


@dataclass(frozen=True)
class Run:
    """One simulated archive: seconds, peak of memory and size of the zips in bytes."""

    n_reports: int
    seconds: float
    processor: float
    peak: int
    size: int


def measure(n_reports: int) -> Run:
    """Simulate without the fates of reports, which need several times the memory."""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        made = simulate(
            Path(folder), span=SPAN, n_reports=n_reports, seed=1, with_fates=False
        )
        seconds = time.perf_counter() - begun
        size = sum(path.stat().st_size for path in made.archives)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Run(n_reports, seconds, time.process_time(), peak, size)


def main(numbers: tuple[int, ...]) -> None:
    print(
        f"{'reports':>12} {'seconds':>8} {'processor':>9} "
        f"{'peak GB':>8} {'zips GB':>8} {'growth':>7}"
    )
    before = None
    for n_reports in numbers:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as own:
            run = own.submit(measure, n_reports).result()
        growth = ""
        if before is not None:
            times_as_many = run.n_reports / before.n_reports
            growth = f"{run.processor / before.processor / times_as_many:.2f}"
        print(
            f"{run.n_reports:>12,} {run.seconds:>8.1f} {run.processor:>9.1f} "
            f"{run.peak / 1e9:>8.2f} {run.size / 1e9:>8.2f} {growth:>7}",
            flush=True,
        )
        before = run


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or DEFAULT)
