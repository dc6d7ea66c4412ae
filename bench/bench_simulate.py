"""How long the simulator takes: `python bench/bench_simulate.py [reports]`."""

import sys
import tempfile
import time
from pathlib import Path

from pvsignal.quarter import QuarterSpan
from pvsignal.simulate import simulate

SPAN = QuarterSpan.parse("2004q1..2026q2")


def main(n_reports: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        made = simulate(Path(folder), span=SPAN, n_reports=n_reports, seed=1)
        seconds = time.perf_counter() - begun
        size = sum(path.stat().st_size for path in made.archives) / 1e6
    print(f"{n_reports:,} reports over {SPAN}: {seconds:.1f} s, {size:.1f} MB of zips")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
