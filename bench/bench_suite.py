"""All of pvsignal in one table: each stage and query beside a floor of the same run.

Archives are simulated over all quarters of the archive, landed, staged, linked, built,
scored, assessed and published, and the published file is asked what an analyst asks.
Simulating, the run, and the queries with the floors each have a process of their own.
A floor is work that nobody can avoid, done by the plainest means
on the same bytes, rows or cells; the ratio says how many times as long pvsignal takes
with everything that it does besides.

A query is asked as an analyst does, through `pvsignal.query.run_query` with a fresh
read-only connection each time, of the pair and the case with the most rows: the median
stands in the table, the longest and the median of the engine alone beside it.

    python -m bench.bench_suite [--reports 200000] [--json FILE] [--dir DIR]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa

from bench import stages
from bench.bench_stage import read_as_text
from bench.meter import Meter, Step, aligned, in_a_process
from pvsignal import pipeline, warehouse
from pvsignal.analysis import load_analysis
from pvsignal.layout import TABLES
from pvsignal.pipeline.building import open_warehouse
from pvsignal.pipeline.publishing import PUBLISHED_TABLES
from pvsignal.quarter import QuarterSpan
from pvsignal.query import run_query
from pvsignal.settings import Settings

NAME: Final = "bench.bench_suite"
SPAN: Final = QuarterSpan.parse("2004q1..2026q2")
TIMES: Final = 11
TIMEOUT_SECONDS: Final = 60.0
DEFAULT_JSON: Final = Path("bench.json")
# As simulated archives are compressed, so that the floor writes what they hold.
COMPRESSION_LEVEL: Final = 4


@dataclass(frozen=True)
class Floor:
    """Work that cannot be avoided, and how long it takes in the same run."""

    name: str
    seconds: float


@dataclass(frozen=True)
class Line:
    """One line of the table.

    Attributes
    ----------
    seconds
        Wall time; of a query, the median.
    cpu_seconds
        Processor time of all threads; of a query, of all its repetitions.
    longest_seconds, engine_seconds
        Of a query: the longest, and the median on a connection that is open.
    floors
        At least one; the ratio is to the first.
    """

    name: str
    seconds: float
    peak_gb: float
    n_rows: int | None
    floors: tuple[Floor, ...]
    cpu_seconds: float | None = None
    longest_seconds: float | None = None
    engine_seconds: float | None = None
    ratio: float = field(init=False)
    rows_per_second: float | None = field(init=False)

    def __post_init__(self) -> None:
        """Put the quotients beside the figures."""
        object.__setattr__(self, "ratio", self.seconds / self.floors[0].seconds)
        rate = None if self.n_rows is None else self.n_rows / self.seconds
        object.__setattr__(self, "rows_per_second", rate)


@dataclass(frozen=True)
class Asked:
    """What one query took over its repetitions."""

    step: Step
    longest_seconds: float
    engine_seconds: float


@dataclass(frozen=True)
class Place:
    """Folders of one run, and its size."""

    folder: Path
    n_reports: int
    span: QuarterSpan = SPAN

    @property
    def archives(self) -> Path:
        """Simulated archives, kept for the next time."""
        return self.folder / f"archives_{self.n_reports}"

    @property
    def settings(self) -> Settings:
        """Settings of the data directory, as an operator has them."""
        data_dir = self.folder / f"suite_{self.n_reports}"
        return Settings(data_dir=data_dir, mirror=str(self.archives))

    @property
    def published(self) -> Path:
        """The published file."""
        return current_file(self.settings)


def current_file(settings: Settings) -> Path:
    """File that was published last."""
    folder = settings.published_dir(load_analysis(settings.analysis).name)
    return (folder / "current.duckdb").resolve()


# --- what is measured


def published(place: Place) -> list[Step]:
    """Everything from landing to publishing, in this process, as a run does it."""
    run = stages.Stages(place.settings)
    return [run.measure(name) for name in stages.ALL]


def asked(file: Path) -> list[Asked]:
    """Ask a published file, in this process."""
    return [ask(file, name, sql) for name, sql in queries(file)]


def queries(file: Path) -> list[tuple[str, str]]:
    """Names and texts of the queries, of the pair and the case with the most rows."""
    (pair,) = answer(
        file,
        "select drug, event from api.pair_cases group by all "
        "order by count(*) desc, drug, event limit 1",
    ).to_pylist()
    (case,) = answer(
        file,
        "select caseid from api.case_listing('{drug}', '{event}') as listed "
        "order by (select count(*) from api.source_rows(listed.caseid)) desc, caseid "
        "limit 1".format(**pair),
    ).to_pylist()
    of_pair = "('{drug}', '{event}')".format(**pair)
    return [
        ("api.two_by_two", f"from api.two_by_two{of_pair}"),
        ("api.case_listing", f"from api.case_listing{of_pair}"),
        ("api.timeline", f"from api.timeline{of_pair}"),
        ("api.source_rows", "from api.source_rows({caseid})".format(**case)),
        (
            "comparators that disagree",
            "select a.drug, a.event, a.ror as ror_a, c.ror as ror_c "
            "from api.signals as a join api.signals as c using (variant, drug, event) "
            "where a.variant = 'primary' and a.comparator = 'A' "
            "and c.comparator = 'C' and a.evaluable and c.evaluable "
            "and a.event_level = 'group' and (a.ror_low > 1) <> (c.ror_low > 1) "
            "order by abs(ln(nullif(a.ror, 0)) - ln(nullif(c.ror, 0))) desc nulls last "
            "limit 20",
        ),
        (
            "the board",
            "select drug, event_label, state, novelty, failing_checks, flagged_in, a_a "
            "from api.verdicts where on_board "
            "order by state = 'emerging' desc, robust desc, a_a desc",
        ),
    ]


def ask(file: Path, name: str, sql: str) -> Asked:
    """Ask one query `TIMES` times as an analyst, then on one connection."""
    meter = Meter()
    with meter.step(name):
        seconds = [timed(lambda: answer(file, sql)) for _ in range(TIMES)]
    with (
        tempfile.TemporaryDirectory() as spill,
        warehouse.connect_readonly(file, temp_dir=Path(spill)) as con,
    ):
        engine = [timed(lambda: warehouse.query_arrow(con, sql)) for _ in range(TIMES)]
    (step,) = meter.steps
    n_rows = answer(file, sql).num_rows
    return Asked(
        replace(step, seconds=statistics.median(seconds), n_rows=n_rows),
        max(seconds),
        statistics.median(engine),
    )


def answer(file: Path, sql: str) -> pa.Table:
    """Rows of a query, by the way that an analyst takes, as an Arrow table.

    Not as Python objects: for the longest line list that takes longer than the answer.
    """
    return run_query(file, sql, timeout_seconds=TIMEOUT_SECONDS)


def timed(work: Callable[[], object]) -> float:
    """Seconds of a piece of work."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


# --- floors


def floors(place: Place) -> dict[str, list[Floor]]:
    """Floors of every line, in this process, once all of it is there."""
    settings, archives = place.settings, sorted(place.archives.glob("*.zip"))
    held = pipeline.staged_before(settings)
    with tempfile.TemporaryDirectory(dir=place.folder) as name:
        scratch = Path(name)
        copied = timed(lambda: copy_files(archives, scratch))
        lines = timed(lambda: [count_lines(archive) for archive in archives])
        parsed = timed(lambda: [parse(archive, scratch) for archive in archives])
        grouped = timed(lambda: group_staged(settings, held, TABLES))
        demo = timed(lambda: group_staged(settings, held, ("demo", "drug", "reac")))
        closed = timed(lambda: score_cells(settings))
        history = timed(lambda: group_statistics(settings))
        rows = timed(lambda: copy_rows(settings, place.published, scratch))
        zips = sum(zipped(archive, scratch) for archive in archives)
    alone = statistics.median(
        timed(lambda: answer(place.published, "select 1")) for _ in range(TIMES)
    )
    scan = "select sum(hash(statistic)) from signals.statistic as statistic"
    scanned = statistics.median(
        timed(lambda: answer(place.published, scan)) for _ in range(TIMES)
    )
    every_query = [Floor("select 1", alone), Floor("scan of all statistics", scanned)]
    return {
        stages.SIMULATE: [Floor("zip the same bytes", zips)],
        stages.LAND: [Floor("copy the files", copied)],
        stages.STAGE: [
            Floor("unzip, DuckDB reads text", parsed),
            Floor("unzip, count lines", lines),
        ],
        stages.LINK: [Floor("group demo, drug, reac", demo)],
        stages.BUILD: [Floor("group all staged rows", grouped)],
        stages.SCORE: [Floor("closed forms of cells", closed)],
        stages.ASSESS: [Floor("group statistics by pair", history)],
        stages.PUBLISH: [Floor("copy the rows to Parquet", rows)],
        "query": every_query,
    }


def copy_files(archives: Sequence[Path], folder: Path) -> None:
    """Copy files as they are."""
    for archive in archives:
        shutil.copyfile(archive, folder / archive.name)


def count_lines(archive: Path) -> int:
    """Lines of the tables of an archive, inflated as a stream."""
    n_lines = 0
    with zipfile.ZipFile(archive) as file:
        for name in file.namelist():
            if Path(name).stem[:4].lower() in TABLES:
                with file.open(name) as member:
                    while block := member.read(1 << 20):
                        n_lines += block.count(b"\n")
    return n_lines


def parse(archive: Path, scratch: Path) -> None:
    """Have DuckDB read the tables of an archive as text, and write Parquet."""
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        read_as_text(archive, Path(folder))


def zipped(archive: Path, scratch: Path) -> float:
    """Seconds to compress and write what an archive holds."""
    with zipfile.ZipFile(archive) as file:
        members = {name: file.read(name) for name in file.namelist()}

    def write() -> None:
        with zipfile.ZipFile(scratch / archive.name, "w") as file:
            for name, data in members.items():
                file.writestr(
                    name,
                    data,
                    compress_type=zipfile.ZIP_DEFLATED,
                    compresslevel=COMPRESSION_LEVEL,
                )

    return timed(write)


def group_staged(
    settings: Settings, held: pipeline.Staged, tables: Sequence[str]
) -> None:
    """Scan staged tables once, every column, and group the rows by report."""
    with duckdb.connect(config=limits(settings)) as con:
        for table in tables:
            files = [str(f) for f in stages.staged_files(settings, held, table)]
            con.execute(
                "select sum(h), max(n) from (select primaryid, count(*) as n, "
                "sum(hash(one)) as h from read_parquet($files) as one "
                "group by primaryid)",
                {"files": files},
            ).fetchall()


def limits(settings: Settings) -> dict[str, Any]:
    """Threads and memory of DuckDB, as a run has them."""
    config: dict[str, Any] = {"memory_limit": settings.memory_limit}
    return config | ({"threads": settings.threads} if settings.threads else {})


def score_cells(settings: Settings) -> None:
    """PRR, ROR, chi-squared and IC with limits of all cells, formula by formula."""
    with open_warehouse(settings) as con:
        cells = warehouse.query_arrow(con, "select * from counts.cell")
    a, n_drug, n_event, n = (
        cells[name].to_numpy().astype(float) for name in ("a", "n_drug", "n_event", "n")
    )
    b, c = n_drug - a, n_event - a
    d = n - n_drug - n_event + a
    with np.errstate(divide="ignore", invalid="ignore"):
        prr = (a / n_drug) / (c / (n - n_drug))
        prr_error = np.sqrt(1 / a - 1 / n_drug + 1 / c - 1 / (n - n_drug))
        ror, ror_error = a * d / (b * c), np.sqrt(1 / a + 1 / b + 1 / c + 1 / d)
        for ratio, error in ((prr, prr_error), (ror, ror_error)):
            ratio * np.exp(-1.96 * error)
            ratio * np.exp(1.96 * error)
        products = n_drug * n_event * (n - n_drug) * (n - n_event)
        n * (np.abs(a * d - b * c) - n / 2) ** 2 / products
        ic = np.log2((a + 0.5) / (n_drug * n_event / n + 0.5))
        ic - 3.3 * (a + 0.5) ** -0.5 - 2 * (a + 0.5) ** -1.5


def group_statistics(settings: Settings) -> None:
    """Read the statistics of all quarters once and group them by pair."""
    with open_warehouse(settings) as con:
        warehouse.query_arrow(
            con,
            "select sum(h) as h from (select drug, event, comparator, variant, "
            "sum(hash(one)) as h from signals.statistic as one group by all)",
        )


def copy_rows(settings: Settings, file: Path, scratch: Path) -> None:
    """Copy the rows of the published tables, as they lie there, to Parquet."""
    with duckdb.connect(config=limits(settings)) as con:
        con.execute(f"attach '{file.resolve()}' as published (read_only)")
        for table in PUBLISHED_TABLES:
            con.execute(
                f"copy published.{table} to '{scratch / table}.parquet' "
                "(format parquet)"
            )


# --- the table


def lines_of(place: Place) -> list[Line]:
    """Measure everything, each part in a process of its own."""
    size = ["--reports", str(place.n_reports), "--quarters", str(place.span)]
    where = ["--dir", str(place.folder), *size]

    def part(name: str) -> Any:
        return in_a_process(NAME, "--part", name, *where)

    steps = [Step(**step) for name in ("simulate", "run") for step in part(name)]
    found = part("query")
    return joined(
        steps,
        [
            Asked(Step(**one["step"]), one["longest_seconds"], one["engine_seconds"])
            for one in found["asked"]
        ],
        {
            name: tuple(Floor(**floor) for floor in some)
            for name, some in found["floors"].items()
        },
    )


def joined(
    steps: Sequence[Step],
    found: Sequence[Asked],
    under: dict[str, tuple[Floor, ...]],
) -> list[Line]:
    """Lines of the stages, then of the queries, with their floors."""
    return [
        *(
            Line(s.name, s.seconds, s.peak_gb, s.n_rows, under[s.name], s.cpu_seconds)
            for s in steps
        ),
        *(
            Line(
                one.step.name,
                one.step.seconds,
                one.step.peak_gb,
                one.step.n_rows,
                under["query"],
                one.step.cpu_seconds,
                one.longest_seconds,
                one.engine_seconds,
            )
            for one in found
        ),
    ]


def table(lines: Sequence[Line]) -> str:
    """Lines as text; a second floor has a row of its own below its line."""
    cells = [
        [
            *(
                "step",
                "rows",
                "seconds",
                "CPU s",
                "longest",
                "engine",
                "rows/s",
                "peak GB",
            ),
            *("floor", "its seconds", "ratio"),
        ]
    ]
    for line in lines:
        first, *others = line.floors
        cells.append(
            [
                line.name,
                _whole(line.n_rows),
                f"{line.seconds:.3f}",
                _three(line.cpu_seconds),
                _three(line.longest_seconds),
                _three(line.engine_seconds),
                _whole(line.rows_per_second),
                f"{line.peak_gb:.2f}",
                *_beside(line, first),
            ]
        )
        cells += [[""] * 8 + _beside(line, floor) for floor in others]
    return aligned(cells)


def _beside(line: Line, floor: Floor) -> list[str]:
    return [floor.name, f"{floor.seconds:.3f}", f"{line.seconds / floor.seconds:.1f}"]


def _whole(number: float | None) -> str:
    return "" if number is None else f"{number:,.0f}"


def _three(number: float | None) -> str:
    return "" if number is None else f"{number:.3f}"


def machine() -> dict[str, str | int | float]:
    """What the figures were measured on."""
    pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": os.cpu_count() or 1,
        "memory_gb": round(pages / 1e9, 1),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
        "numpy": np.__version__,
    }


PARTS: Final[dict[str, Callable[[Place], Any]]] = {
    "simulate": lambda place: [
        asdict(step)
        for step in stages.simulate_archives(
            place.archives, span=place.span, n_reports=place.n_reports
        )
    ],
    "run": lambda place: [asdict(step) for step in published(place)],
    "query": lambda place: {
        "asked": [asdict(one) for one in asked(place.published)],
        "floors": {
            name: [asdict(floor) for floor in some]
            for name, some in floors(place).items()
        },
    },
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table and write it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=200_000)
    parser.add_argument("--quarters", type=QuarterSpan.parse, default=SPAN)
    parser.add_argument("--dir", type=Path, help="folder whose archives are kept")
    parser.add_argument("--json", type=Path, default=DEFAULT_JSON)
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.part:
        place = Place(given.dir, given.reports, given.quarters)
        print(json.dumps(PARTS[given.part](place)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = (given.dir or Path(name)).resolve()
        place = Place(folder, given.reports, given.quarters)
        shutil.rmtree(place.settings.data_dir, ignore_errors=True)
        lines = lines_of(place)
    print(
        f"{given.reports:,} reports over {given.quarters}, {machine()['cores']} cores"
    )
    print(table(lines))
    figures = {
        "machine": machine(),
        "n_reports": given.reports,
        "quarters": str(given.quarters),
        "lines": [asdict(line) for line in lines],
    }
    given.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
