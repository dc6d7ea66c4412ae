"""Linking suspected duplicates at two sizes: seconds, peak memory, pairs.

Archives are simulated over ten years. Each measurement runs in a process of its own:
features of all quarters and links of all quarters, as on a first run; then the links of
the last quarter alone, as each quarter after it. The ratio of seconds to the ratio of
reports shows whether growth is near-linear.

    python -m bench.bench_duplicates [--reports 200000 1000000]
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pvsignal import codelists, duplicates, pipeline, simulate
from pvsignal.quarter import QuarterSpan
from pvsignal.settings import Settings

SPAN = QuarterSpan.parse("2015q1..2024q4")


def measured(data_dir: Path) -> dict[str, float]:
    """Link what is staged in a data directory, in this process."""
    settings = Settings(data_dir=data_dir)
    staged = pipeline.staged_before(settings)
    folders = {
        quarter: settings.staged_dir / str(quarter) / key
        for quarter, key in zip(staged.quarters, staged.keys, strict=True)
    }
    countries = codelists.load_codelists()["countries"].table
    begun = time.perf_counter()
    linked = duplicates.link_quarters(
        settings.duplicates_dir, folders, countries=countries
    )
    seconds = time.perf_counter() - begun
    return {
        "seconds": seconds,
        "peak_gb": peak_gb(),
        "n_pairs": sum(linked.n_pairs.values()),
        "n_quarters": len(linked.new),
    }


def peak_gb() -> float:
    """Peak memory of this process since it began; getrusage holds the parent's too."""
    status = Path("/proc/self/status").read_text("utf-8")
    (line,) = (x for x in status.splitlines() if x.startswith("VmHWM"))
    return int(line.split()[1]) / 1e6


def in_a_process(data_dir: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.bench_duplicates", "--data-dir"]
    done = subprocess.run(
        [*command, str(data_dir)], check=True, capture_output=True, text=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def bench(n_reports: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        archives, data_dir = Path(folder) / "archives", Path(folder) / "data"
        simulate.simulate(archives, span=SPAN, n_reports=n_reports, seed=1)
        settings = Settings(data_dir=data_dir, mirror=str(archives))
        pipeline.land(settings)
        pipeline.stage(settings)
        first = in_a_process(data_dir)
        shutil.rmtree(settings.duplicates_dir / str(SPAN.last))
        later = in_a_process(data_dir)
    print(
        f"{n_reports:>9,} reports: all {first['n_quarters']:.0f} quarters "
        f"{first['seconds']:.1f} s, peak {first['peak_gb']:.2f} GB, "
        f"{first['n_pairs']:,.0f} pairs; the last quarter alone "
        f"{later['seconds']:.1f} s, peak {later['peak_gb']:.2f} GB"
    )
    return first


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, nargs="+", default=[200_000, 1_000_000])
    parser.add_argument("--data-dir", type=Path)
    options = parser.parse_args()
    if options.data_dir:
        print(json.dumps(measured(options.data_dir)))
        return
    sizes = sorted(options.reports)
    found = [bench(size) for size in sizes]
    print(
        f"seconds grow {found[-1]['seconds'] / found[0]['seconds']:.1f}-fold for "
        f"{sizes[-1] / sizes[0]:.1f} times the reports"
    )


if __name__ == "__main__":
    main()
