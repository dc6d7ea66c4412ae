"""How long the simulator takes and what memory it holds.

``python -m bench.bench_simulate [reports ...]`` simulates all quarters, by default with
250,000 and a million reports, each in a process of its own, and prints what a report
costs in processor time against the size before: 1.00 is linear. Fates of reports are
left out: they need several times the memory.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Final

from bench.meter import Step, aligned, in_a_process
from bench.stages import simulate_archives
from pvsignal.quarter import QuarterSpan

NAME: Final = "bench.bench_simulate"
SPAN: Final = QuarterSpan.parse("2004q1..2026q2")


def measured(n_reports: int) -> dict[str, object]:
    """Simulate in this process: the step, and the bytes of the zips."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "archives"
        (step,) = simulate_archives(folder, span=SPAN, n_reports=n_reports)
        n_bytes = sum(path.stat().st_size for path in folder.glob("*.zip"))
    return {"step": asdict(step), "n_bytes": n_bytes}


def main() -> None:
    """Print a line for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reports", type=int, nargs="*", default=[250_000, 1_000_000])
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measured(given.one)))
        return
    lines = [["reports", "seconds", "CPU s", "peak GB", "zips GB", "growth"]]
    cost = None
    for n_reports in given.reports:
        found = in_a_process(NAME, "--one", str(n_reports))
        step, before = Step(**found["step"]), cost
        cost = (step.cpu_seconds or 0.0) / n_reports
        lines.append(
            [
                f"{n_reports:,}",
                f"{step.seconds:.1f}",
                f"{step.cpu_seconds:.1f}",
                f"{step.peak_gb:.2f}",
                f"{found['n_bytes'] / 1e9:.2f}",
                f"{cost / before:.2f}" if before else "",
            ]
        )
    print(aligned(lines))


if __name__ == "__main__":
    main()
