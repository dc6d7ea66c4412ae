"""The command line: one command per stage, tables to stdout, messages to stderr."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet
import typer
from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichBars
from rich.table import Table

from pvsignal import pipeline
from pvsignal import simulate as simulator
from pvsignal.analysis import Analysis, load_analysis
from pvsignal.errors import PvsignalError, UsageError
from pvsignal.progress import Progress
from pvsignal.quarter import Quarter, QuarterSpan
from pvsignal.query import run_query
from pvsignal.settings import Settings
from pvsignal.status import Status, read_status

app = typer.Typer(
    help="Signals of disproportionate reporting: MS therapies and neoplasms in FAERS.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
_out = Console()
_err = Console(stderr=True)

DataDir = Annotated[Path | None, typer.Option(help="Data directory (default ./data).")]
AnalysisFile = Annotated[
    Path | None, typer.Option("--analysis", help="Analysis file, TOML.")
]
Mirror = Annotated[
    str | None,
    typer.Option(help="Folder or URL with archives under the FDA's own names."),
]
Quarters = Annotated[
    str | None, typer.Option(help="Span of quarters, such as 2019q1..2026q2.")
]
AsOf = Annotated[
    str | None, typer.Option(help="Use evidence up to this quarter, such as 2024q4.")
]


class _Bars:
    """Progress bars on a terminal; silent elsewhere."""

    def __init__(self, bars: RichBars) -> None:
        self._bars = bars
        self._task: TaskID | None = None

    def start(self, label: str, total: int | None) -> None:
        self._task = self._bars.add_task(label, total=total)

    def advance(self, n: int) -> None:
        if self._task is not None:
            self._bars.advance(self._task, n)

    def finish(self) -> None:
        if self._task is not None:
            self._bars.remove_task(self._task)
            self._task = None


@contextmanager
def _progress() -> Iterator[Progress]:
    bars = RichBars(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=_err,
        disable=not _err.is_terminal,
        transient=True,
    )
    with bars:
        yield _Bars(bars)


def _context(
    data_dir: Path | None, analysis: Path | None, mirror: str | None = None
) -> tuple[Settings, Analysis]:
    settings = Settings.read(data_dir=data_dir, mirror=mirror)
    return settings, load_analysis(analysis or settings.analysis)


def _span(text: str | None) -> QuarterSpan | None:
    return QuarterSpan.parse(text) if text else None


def _quarter(text: str | None) -> Quarter | None:
    return Quarter.parse(text) if text else None


@app.command()
def run(
    data_dir: DataDir = None,
    analysis: AnalysisFile = None,
    mirror: Mirror = None,
    quarters: Quarters = None,
    as_of: AsOf = None,
) -> None:
    """Run all stages: pvsignal run --mirror DIR --data-dir data."""
    settings, what = _context(data_dir, analysis, mirror)
    with _progress() as progress:
        published = pipeline.run(
            settings,
            what,
            span=_span(quarters),
            as_of=_quarter(as_of),
            progress=progress,
        )
    _tell(published)


def _tell(published: pipeline.Published) -> None:
    if published.is_new:
        for line in published.findings:
            _err.print(line, soft_wrap=True, highlight=False)
    made = "published" if published.is_new else "nothing new; published before"
    _err.print(
        f"run {published.run} as of {published.as_of}: {made}; "
        f"{published.n_on_board} pairs on the board, {published.n_robust} robust",
        soft_wrap=True,
    )
    _out.print(str(published.report), soft_wrap=True, highlight=False)
    _out.print(str(published.database), soft_wrap=True, highlight=False)


@app.command()
def land(
    data_dir: DataDir = None, mirror: Mirror = None, quarters: Quarters = None
) -> None:
    """Bring archives from the FDA or a mirror: pvsignal land --mirror DIR."""
    settings = Settings.read(data_dir=data_dir, mirror=mirror)
    with pipeline.hold(settings), _progress() as progress:
        landed = pipeline.land(settings, span=_span(quarters), progress=progress)
    _err.print(f"{len(landed.archives)} archives held, {len(landed.new)} new")
    for archive in landed.renamed:
        _err.print(f"note: {archive.name} has another prefix than aers or faers")


@app.command()
def stage(data_dir: DataDir = None, quarters: Quarters = None) -> None:
    """Read landed archives into Parquet: pvsignal stage."""
    settings = Settings.read(data_dir=data_dir)
    with pipeline.hold(settings), _progress() as progress:
        staged = pipeline.stage(settings, span=_span(quarters), progress=progress)
    _err.print(f"{len(staged.archives)} quarters staged")


def _inputs(
    settings: Settings, what: Analysis, *, quarters: str | None, as_of: str | None
) -> pipeline.Inputs:
    staged = pipeline.staged_before(settings, span=_span(quarters))
    return pipeline.identify(settings, what, staged=staged, as_of=_quarter(as_of))


@app.command()
def build(
    data_dir: DataDir = None,
    analysis: AnalysisFile = None,
    quarters: Quarters = None,
    as_of: AsOf = None,
) -> None:
    """Build the warehouse from staged quarters: pvsignal build."""
    settings, what = _context(data_dir, analysis)
    with pipeline.hold(settings), _progress() as progress:
        inputs = _inputs(settings, what, quarters=quarters, as_of=as_of)
        built = pipeline.build(settings, inputs, progress=progress)
    for line in built.findings():
        _err.print(line, soft_wrap=True, highlight=False)
    _err.print(f"{built.n_reports} reports in comparator A as of {inputs.as_of}")


@app.command()
def score(
    data_dir: DataDir = None,
    analysis: AnalysisFile = None,
    quarters: Quarters = None,
    as_of: AsOf = None,
) -> None:
    """Compute the statistics of a built warehouse: pvsignal score."""
    settings, what = _context(data_dir, analysis)
    with pipeline.hold(settings):
        inputs = _inputs(settings, what, quarters=quarters, as_of=as_of)
        scored = pipeline.score(settings, pipeline.built_before(settings, inputs))
    _err.print(f"{scored.n_statistics} rows of statistics")


@app.command()
def assess(
    data_dir: DataDir = None,
    analysis: AnalysisFile = None,
    quarters: Quarters = None,
    as_of: AsOf = None,
) -> None:
    """Compare the comparators and date first crossings: pvsignal assess."""
    settings, what = _context(data_dir, analysis)
    with pipeline.hold(settings):
        inputs = _inputs(settings, what, quarters=quarters, as_of=as_of)
        assessed = pipeline.assess(settings, pipeline.scored_before(settings, inputs))
    _err.print(f"{assessed.n_on_board} pairs on the board, {assessed.n_robust} robust")


@app.command()
def publish(
    data_dir: DataDir = None,
    analysis: AnalysisFile = None,
    quarters: Quarters = None,
    as_of: AsOf = None,
) -> None:
    """Write the file and the report of a scored warehouse: pvsignal publish."""
    settings, what = _context(data_dir, analysis)
    with pipeline.hold(settings), _progress() as progress:
        inputs = _inputs(settings, what, quarters=quarters, as_of=as_of)
        published = pipeline.published_before(settings, inputs)
        if published is None:
            assessed = pipeline.assess(
                settings, pipeline.scored_before(settings, inputs)
            )
            published = pipeline.publish(settings, assessed, progress=progress)
    _tell(published)


@app.command()
def simulate(
    folder: Annotated[Path, typer.Argument(help="Folder for the archives.")],
    quarters: Annotated[str, typer.Option(help="Span.")] = "2012q1..2025q4",
    reports: Annotated[int, typer.Option(help="Cases over the span.", min=1)] = 40_000,
    seed: Annotated[int, typer.Option(help="Seed of all chance.")] = 1,
) -> None:
    """Write FDA-shaped archives with known truth: pvsignal simulate sim --seed 1."""
    with _progress() as progress:
        made = simulator.simulate(
            folder,
            span=QuarterSpan.parse(quarters),
            n_reports=reports,
            seed=seed,
            progress=progress,
        )
    _err.print(f"{len(made.archives)} simulated archives; truth in {made.truth}")


class StatusFormat(StrEnum):
    """How ``status`` prints."""

    table = "table"
    json = "json"


@app.command()
def status(
    data_dir: DataDir = None,
    analysis: AnalysisFile = None,
    format: Annotated[StatusFormat, typer.Option()] = StatusFormat.table,
) -> None:
    """Say what is held, published and stale: pvsignal status --format json."""
    settings, what = _context(data_dir, analysis)
    state = read_status(settings, what, today=dt.datetime.now(dt.UTC).date())
    if format is StatusFormat.json:
        sys.stdout.write(json.dumps(asdict(state), indent=2, sort_keys=True) + "\n")
    else:
        _out.print(_status_table(state))


def _status_table(state: Status) -> Table:
    table = Table(show_header=False, box=None)
    published = state.published or {}
    held = f"{len(state.held)}"
    if state.held:
        held += f" ({state.held[0]} to {state.held[-1]}, {len(state.missing)} missing)"
    rows = {
        "data directory": state.data_dir,
        "origin": state.origin or "nothing landed",
        "quarters held": held,
        "quarters staged": str(len(state.staged)),
        "newest expected": state.newest_expected
        + (" - the held data are stale" if state.is_stale else ""),
        "published run": str(published.get("run", "none")),
        "as of": str(published.get("as_of", "-")),
        "pairs on the board": str(published.get("n_on_board", "-")),
        "notes of the checks": "; ".join(
            f"{note['name']} {note['n_rows']}" for note in published.get("notes", [])
        )
        or "-",
        "last run": str(published.get("started", "-")),
    }
    for name, value in rows.items():
        table.add_row(name, value)
    return table


class SqlFormat(StrEnum):
    """How ``sql`` prints."""

    table = "table"
    csv = "csv"
    json = "json"
    parquet = "parquet"


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="One SELECT or EXPLAIN.")],
    data_dir: DataDir = None,
    analysis: AnalysisFile = None,
    format: Annotated[SqlFormat, typer.Option()] = SqlFormat.table,
    output: Annotated[
        Path | None, typer.Option(help="File for the result instead of stdout.")
    ] = None,
    warehouse: Annotated[
        bool, typer.Option(help="Ask the warehouse instead of the published file.")
    ] = False,
    timeout: Annotated[float, typer.Option(help="Seconds.", min=0.1)] = 300.0,
) -> None:
    """Ask the published file: pvsignal sql "from api.verdicts where robust"."""
    settings, what = _context(data_dir, analysis)
    file = (
        settings.warehouse_path
        if warehouse
        else settings.published_dir(what.name) / "current.duckdb"
    )
    if not file.exists():
        raise UsageError(f"{file} does not exist; run 'pvsignal run' first")
    rows = run_query(
        file.resolve(),
        query,
        timeout_seconds=timeout,
        readable=[settings.staged_dir] if warehouse else [],
    )
    _write_rows(rows, format, output)


def _write_rows(rows: pa.Table, format: SqlFormat, output: Path | None) -> None:
    if format is SqlFormat.table and output is None:
        _out.print(_rich_table(rows))
        return
    sink = pa.BufferOutputStream()
    if format is SqlFormat.parquet:
        pa_parquet.write_table(rows, sink)
    elif format is SqlFormat.json:
        sink.write(_json_lines(rows).encode())
    else:
        pa_csv.write_csv(rows, sink)
    data = sink.getvalue().to_pybytes()
    if output is not None:
        output.write_bytes(data)
    else:
        sys.stdout.buffer.write(data)


def _json_lines(rows: pa.Table) -> str:
    frame = rows.to_pandas(types_mapper=None)
    return str(frame.to_json(orient="records", date_format="iso", indent=2)) + "\n"


def _rich_table(rows: pa.Table) -> Table:
    table = Table(*rows.column_names)
    for row in rows.to_pylist():
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    return table


def main() -> NoReturn:
    """Run the command line; a failure is one line on stderr and its exit code."""
    try:
        app(standalone_mode=True)
    except PvsignalError as error:
        _err.print(f"pvsignal: {error}", soft_wrap=True, markup=False, highlight=False)
        sys.exit(error.exit_code)
    sys.exit(0)
