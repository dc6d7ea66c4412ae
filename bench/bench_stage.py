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

import duckdb

from pvsignal import simulate
from pvsignal.layout import TABLES
from pvsignal.quarter import Quarter, QuarterSpan

QUARTER = Quarter(2025, 4)


def unzip(archive: Path, folder: Path) -> list[Path]:
    with zipfile.ZipFile(archive) as file:
        names = [n for n in file.namelist() if Path(n).stem[:4].lower() in TABLES]
        return [Path(file.extract(name, folder)) for name in names]


def read_as_text(archive: Path, folder: Path) -> None:
    """Inflate an archive and have DuckDB read each table as text into Parquet."""
    with duckdb.connect() as con:
        con.execute("set enable_progress_bar = false")
        for path in unzip(archive, folder):
            columns = {f"c{place}": "VARCHAR" for place in range(n_fields(path))}
            con.execute(
                f"copy (select * from read_csv('{path}', delim = '$', quote = '', "
                f"escape = '', header = true, auto_detect = false, "
                f"columns = {columns})) to '{folder / path.stem}.parquet' "
                "(format parquet, compression zstd)"
            )


def n_fields(path: Path) -> int:
    """Fields of the first record: those of the legacy years end in a delimiter."""
    with path.open("rb") as text:
        text.readline()
        return text.readline().count(b"$") + 1


def staged(archive: Path, folder: Path) -> None:
    from pvsignal.sources.stage import stage_archive

    stage_archive(
        archive,
        QUARTER,
        sha256="0" * 64,
        staged_dir=folder,
        threads=os.cpu_count() or 1,
    )


WORK = {"unzip": unzip, "unzip + duckdb": read_as_text, "stage": staged}


@dataclass(frozen=True)
class Measured:
    """Seconds of the work alone, and peak memory of its whole process."""

    seconds: float
    megabytes: float


def measure(name: str, archive: Path, folder: Path) -> Measured:
    """Run one piece of work in a process of its own."""
    script = (
        "import json, sys, time; from pathlib import Path; "
        "from bench.bench_stage import WORK; from bench.meter import peak_gb; "
        "import pvsignal.sources.stage; "
        "begun = time.perf_counter(); "
        "WORK[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3])); "
        "seconds = time.perf_counter() - begun; "
        "print(json.dumps([seconds, peak_gb() * 1e3]))"
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
