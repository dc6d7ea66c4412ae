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
import tempfile
import time
from pathlib import Path

from bench.meter import in_a_process, peak_gb
from bench.stages import link
from pvsignal import pipeline, simulate
from pvsignal.quarter import QuarterSpan
from pvsignal.settings import Settings

NAME = "bench.bench_duplicates"
SPAN = QuarterSpan.parse("2015q1..2024q4")


def measured(data_dir: Path) -> dict[str, float]:
    """Link what is staged in a data directory, in this process."""
    settings = Settings(data_dir=data_dir)
    staged = pipeline.staged_before(settings)
    begun = time.perf_counter()
    linked = link(settings, staged)
    seconds = time.perf_counter() - begun
    return {
        "seconds": seconds,
        "peak_gb": peak_gb(),
        "n_pairs": sum(linked.n_pairs.values()),
        "n_quarters": len(linked.new),
    }


def bench(n_reports: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        archives, data_dir = Path(folder) / "archives", Path(folder) / "data"
        simulate.simulate(archives, span=SPAN, n_reports=n_reports, seed=1)
        settings = Settings(data_dir=data_dir, mirror=str(archives))
        pipeline.land(settings)
        pipeline.stage(settings)
        first = in_a_process(NAME, "--data-dir", str(data_dir))
        shutil.rmtree(settings.duplicates_dir / str(SPAN.last))
        later = in_a_process(NAME, "--data-dir", str(data_dir))
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
