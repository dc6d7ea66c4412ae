"""Staging speed on invented DRUG, DEMO and INDI files.

The floor is what no reader can avoid: reading the bytes from disk and having
pyarrow.csv split them into text columns. Also measured: a file in which every 50th line
is out of form, so that the repair of single lines counts.

    python -m bench.bench_stage [--megabytes 50]
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from pvsignal import layout
from pvsignal.quarter import Quarter
from pvsignal.sources import stage

QUARTER = Quarter(2022, 4)
NAMES = [f"INVENTED SUBSTANCE {n} HYDROCHLORIDE" for n in range(20_000)]
DOSES = [f"{n} MG, UNK, {n % 7} TIMES A DAY" for n in range(5_000)]
DATES = [
    "",
    "",
    "2021",
    "202107",
    *(f"2021{m:02}{d:02}" for m in (1, 6, 11) for d in (1, 9, 27)),
]


def drug_line(key: int, rng: random.Random) -> str:
    name = rng.choice(NAMES)
    return (
        f"{key}1${key}${rng.randrange(1, 9)}$PS${name}${name}$1$Oral$"
        f"{rng.choice(DOSES)}$$$U$$$$21995${rng.choice(['', '100', '.5'])}$MG$Tablet$QD"
    )


def demo_line(key: int, rng: random.Random) -> str:
    return (
        f"{key}1${key}$1$I${rng.choice(DATES)}$20221118$20221120$20221123$EXP$$"
        f"US-INVENTED-{key}$INVENTED$${rng.choice(['', '42', '7'])}$YR$A$F$Y$"
        f"{rng.choice(['', '80', '61.5'])}$KG$20221123$$MD$US$US"
    )


def indi_line(key: int, rng: random.Random) -> str:
    return f"{key}1${key}${rng.randrange(1, 9)}$Invented condition {key % 9000}"


LINES: dict[str, Callable[[int, random.Random], str]] = {
    "drug": drug_line,
    "demo": demo_line,
    "indi": indi_line,
}


def invented(table: str, megabytes: float, *, odd_share: float = 0.0) -> bytes:
    """Text of a file, with so many of its lines broken in two."""
    rng = random.Random(7)
    sample = [LINES[table](10_000_000 + n, rng) for n in range(50_000)]
    for n in range(len(sample)):
        if rng.random() < odd_share:
            sample[n] = sample[n].replace("$", "\n$", 4).replace("\n$", "$", 3)
    body = "\r\n".join(sample) + "\r\n"
    head = "$".join(layout.header(table, "d")) + "\r\n"
    repeats = max(1, round(megabytes * 1e6 / len(body)))
    return (head + body * repeats).encode()


def floor(path: Path, n_columns: int) -> None:
    names = [f"f{n}" for n in range(n_columns)]
    pa.csv.read_csv(
        pa.py_buffer(path.read_bytes()),
        read_options=pa.csv.ReadOptions(column_names=names, skip_rows=1),
        parse_options=pa.csv.ParseOptions(
            delimiter="$", quote_char=False, invalid_row_handler=lambda row: "skip"
        ),
        convert_options=pa.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string())
        ),
    )


def seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """Best of some tries."""
    best = float("inf")
    for _ in range(repeats):
        begun = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begun)
    return best


def report(table: str, megabytes: float, folder: Path, *, odd_share: float = 0) -> None:
    data = invented(table, megabytes, odd_share=odd_share)
    path = folder / f"{table}.txt"
    path.write_bytes(data)
    n_columns = len(layout.header(table, "d"))

    def read() -> stage.StagedMember:
        return stage.stage_table(table, path.read_bytes(), QUARTER, where=("", table))

    rows = read().rows
    least = seconds(lambda: floor(path, n_columns))
    typed = seconds(read)
    written = seconds(lambda: stage._write(folder, table, rows))
    size = len(data) / 1e6
    print(
        f"{table} {size:.0f} MB, {rows.num_rows:,} rows, {odd_share:.0%} broken: "
        f"floor {size / least:.0f} MB/s, typed {size / typed:.0f} MB/s "
        f"({typed / least:.1f} x floor), written {size / written:.0f} MB/s, "
        f"together {size / (typed + written):.0f} MB/s"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=float, default=50)
    megabytes = parser.parse_args().megabytes
    with tempfile.TemporaryDirectory() as folder:
        for table in LINES:
            report(table, megabytes, Path(folder))
        report("drug", megabytes, Path(folder), odd_share=0.02)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"peak memory {peak:.0f} MB")


if __name__ == "__main__":
    main()
