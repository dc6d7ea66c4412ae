"""Staging of a simulated quarter of full size, beside two floors.

The floors are what nobody can avoid: inflating the archive to files; and inflating it,
then having DuckDB read the text as it stands and write Parquet, without any check.
Staging inflates, finds broken lines, types dates, ages and numbers, profiles, accounts
for each line and syncs to disk. Each measurement runs in a process of its own, in
turns, so that a busy machine is busy for all; the ratio is the median over the turns.

    python -m bench.bench_stage [--reports 400000] [--turns 5]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from pvsignal import simulate
from pvsignal.layout import TABLES, header
from pvsignal.quarter import Quarter, QuarterSpan

QUARTER = Quarter(2025, 4)


def unzip(archive: Path, folder: Path) -> list[Path]:
    with zipfile.ZipFile(archive) as file:
        names = [n for n in file.namelist() if Path(n).stem[:4].lower() in TABLES]
        return [Path(file.extract(name, folder)) for name in names]


def unzip_and_duckdb(archive: Path, folder: Path) -> None:
    import duckdb

    con = duckdb.connect()
    con.execute("set enable_progress_bar = false")
    for path in unzip(archive, folder):
        columns = {name: "VARCHAR" for name in header(path.stem[:4].lower(), "d")}
        con.execute(
            f"copy (select * from read_csv('{path}', delim = '$', quote = '', "
            f"escape = '', header = true, auto_detect = false, columns = {columns})) "
            f"to '{folder / path.stem}.parquet' (format parquet, compression zstd)"
        )


def staged(archive: Path, folder: Path) -> None:
    from pvsignal.sources.stage import stage_archive

    stage_archive(
        archive,
        QUARTER,
        sha256="0" * 64,
        staged_dir=folder,
        threads=os.cpu_count() or 1,
    )


WORK = {"unzip": unzip, "unzip + duckdb": unzip_and_duckdb, "stage": staged}


@dataclass(frozen=True)
class Measured:
    """Seconds of the work alone, and peak memory of its whole process."""

    seconds: float
    megabytes: float


def measure(name: str, archive: Path, folder: Path) -> Measured:
    """Run one piece of work in a process of its own."""
    script = (
        "import json, sys, time; from pathlib import Path; "
        "from bench.bench_stage import WORK; import duckdb, pvsignal.sources.stage; "
        "begun = time.perf_counter(); "
        "WORK[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3])); "
        "seconds = time.perf_counter() - begun; "
        "status = Path('/proc/self/status').read_text().splitlines(); "
        "(peak,) = [int(x.split()[1]) / 1e3 for x in status if x[:6] == 'VmHWM:']; "
        "print(json.dumps([seconds, peak]))"
    )
    with tempfile.TemporaryDirectory(dir=folder) as own:
        done = subprocess.run(
            [sys.executable, "-c", script, name, archive, own],
            check=True,
            capture_output=True,
            text=True,
        )
    return Measured(*json.loads(done.stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=400_000)
    parser.add_argument("--turns", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = simulate.simulate(
            folder / "archives",
            span=QuarterSpan(QUARTER, QUARTER),
            n_reports=arguments.reports,
            seed=1,
        )
        (archive,) = made.archives
        with zipfile.ZipFile(archive) as file:
            megabytes = sum(info.file_size for info in file.infolist()) / 1e6
        counts = (made.truth / "counts.csv").read_text("utf-8").splitlines()[1:]
        n_rows = sum(int(line.split(",")[2]) for line in counts)
        turns = [
            {name: measure(name, archive, folder) for name in WORK}
            for _ in range(arguments.turns)
        ]
    print(
        f"{arguments.reports:,} reports, {n_rows:,} rows, {megabytes:.0f} MB of text, "
        f"{os.cpu_count()} cores, median of {arguments.turns} turns"
    )
    for name in WORK:
        seconds = statistics.median(turn[name].seconds for turn in turns)
        peak = max(turn[name].megabytes for turn in turns)
        print(
            f"{name:15} {seconds:6.2f} s {megabytes / seconds:6.0f} MB/s "
            f"{n_rows / seconds / 1e6:5.2f} M rows/s, peak memory {peak:5.0f} MB"
        )
    for floor in ("unzip", "unzip + duckdb"):
        ratios = [turn["stage"].seconds / turn[floor].seconds for turn in turns]
        print(
            f"stage / {floor}: {statistics.median(ratios):.2f} "
            f"({min(ratios):.2f} to {max(ratios):.2f})"
        )


if __name__ == "__main__":
    main()
