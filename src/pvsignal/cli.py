"""The command line: one command per stage, tables to stdout, messages to stderr."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import IO, Annotated, Any, Final, NoReturn

import duckdb
import typer
from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichBars
from rich.table import Table
from rich.text import Text

from pvsignal import codelists as lists_of
from pvsignal import pipeline
from pvsignal import simulate as simulator
from pvsignal.analysis import Analysis, load_analysis, shipped_analyses
from pvsignal.errors import LockedError, ModelError, PvsignalError, UsageError
from pvsignal.pipeline import evaluating, watching
from pvsignal.pipeline.evaluating import page as evaluation_page
from pvsignal.pipeline.intake import spans_of
from pvsignal.pipeline.reviewing import LedgerState
from pvsignal.progress import Progress
from pvsignal.quarter import Quarter, QuarterSpan
from pvsignal.query import (
    Answer,
    open_query,
    rows_of,
    text,
    write_csv,
    write_json,
    write_parquet,
)
from pvsignal.report import write_null_archives
from pvsignal.settings import Settings
from pvsignal.signals.reviews import Decision
from pvsignal.sources import manifest
from pvsignal.status import Status, read_status

app = typer.Typer(
    help="Signals of disproportionate reporting in FAERS: MS therapies and neoplasms, "
    "or the drugs and events of another analysis (pvsignal analyses).",
    pretty_exceptions_enable=False,
    add_completion=False,
)

TABLE_ROWS: Final = 10_000

# A pipe has no width: there a table takes the room that it needs.
_WIDE: Final = 1_000_000
_out = Console(width=None if sys.stdout.isatty() else _WIDE)
_err = Console(stderr=True)

# Depending on its version Typer raises Click's exceptions or its own copies of them;
# BadParameter < UsageError < ClickException holds in both.
_COMMAND_ERROR: Final[type[Any]] = typer.BadParameter.__mro__[2]
_STOPPED: Final = 130

DataDir = Annotated[Path | None, typer.Option(help="Data directory (default ./data).")]
AnalysisFile = Annotated[
    Path | None,
    typer.Option(
        "--analysis",
        help="Analysis file, TOML, or the name of a shipped one: "
        + ", ".join(shipped_analyses())
        + ".",
    ),
]
Mirror = Annotated[
    str | None,
    typer.Option(help="Folder or URL with archives under the FDA's own names."),
]
Meddra = Annotated[
    Path | None, typer.Option(help="Your own licensed MedDRA folder (MedAscii).")
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


def _say(line: str) -> None:
    _err.print(line, soft_wrap=True, markup=False, highlight=False)


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
    data_dir: Path | None,
    analysis: Path | None,
    *,
    mirror: str | None = None,
    meddra: Path | None = None,
) -> tuple[Settings, Analysis]:
    settings = Settings.read(data_dir=data_dir, mirror=mirror, meddra=meddra)
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
    meddra: Meddra = None,
) -> None:
    """Run all stages: pvsignal run --mirror DIR --data-dir data."""
    settings, what = _context(data_dir, analysis, mirror=mirror, meddra=meddra)
    with _progress() as progress:
        published = pipeline.run(
            settings,
            what,
            span=_span(quarters),
            as_of=_quarter(as_of),
            progress=progress,
        )
    _tell(published)
    _tell_not_held(settings, quarters)


def _tell_not_held(settings: Settings, quarters: str | None) -> None:
    span = _span(quarters)
    if span is None:
        return
    held = manifest.read_manifest(settings.data_dir)
    absent = [quarter for quarter in span if quarter not in held]
    if absent:
        _say(
            f"note: {len(absent)} of the {len(span)} quarters of {span} "
            f"{'is' if len(absent) == 1 else 'are'} not held: {spans_of(absent)}"
        )


def _tell(published: pipeline.Published) -> None:
    for line in published.notes:
        _say(f"note: {line}")
    if published.is_new:
        for line in published.findings:
            _say(line)
    made = "published" if published.is_new else "nothing new; published before"
    _say(
        f"run {published.run} as of {published.as_of}: {made}; "
        f"{published.n_on_board} pairs on the board, {published.n_robust} robust, "
        f"{published.n_emerging} emerging"
    )
    for path in (published.report, published.database):
        _out.print(str(path), soft_wrap=True, markup=False, highlight=False)


@app.command()
def land(
    data_dir: DataDir = None,
    mirror: Mirror = None,
    quarters: Quarters = None,
    recheck: Annotated[
        bool, typer.Option(help="Fetch held archives again and compare their hashes.")
    ] = False,
) -> None:
    """Bring archives from the FDA or a mirror: pvsignal land --mirror DIR."""
    settings = Settings.read(data_dir=data_dir, mirror=mirror)
    with pipeline.hold(settings), _progress() as progress:
        landed = pipeline.land(
            settings, span=_span(quarters), recheck=recheck, progress=progress
        )
    _say(f"{len(landed.archives)} archives held, {landed.n_new} new")
    for line in landed.notes:
        _say(f"note: {line}")
    _tell_not_held(settings, quarters)


@app.command()
def stage(data_dir: DataDir = None, quarters: Quarters = None) -> None:
    """Read landed archives into Parquet: pvsignal stage."""
    settings = Settings.read(data_dir=data_dir)
    with pipeline.hold(settings), _progress() as progress:
        staged = pipeline.stage(settings, span=_span(quarters), progress=progress)
    _say(f"{len(staged.archives)} quarters staged")
    for reissue in staged.reissues:
        _say(f"note: {reissue}")
    _tell_not_held(settings, quarters)


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
    meddra: Meddra = None,
) -> None:
    """Build the warehouse from staged quarters: pvsignal build."""
    settings, what = _context(data_dir, analysis, meddra=meddra)
    with pipeline.hold(settings), _progress() as progress:
        inputs = _inputs(settings, what, quarters=quarters, as_of=as_of)
        built = pipeline.build(settings, inputs, progress=progress)
    for line in built.findings():
        _say(line)
    _say(f"{built.n_reports} reports in comparator A as of {inputs.as_of}")


@app.command()
def score(
    data_dir: DataDir = None,
    analysis: AnalysisFile = None,
    quarters: Quarters = None,
    as_of: AsOf = None,
    meddra: Meddra = None,
) -> None:
    """Compute the statistics of a built warehouse: pvsignal score."""
    settings, what = _context(data_dir, analysis, meddra=meddra)
    with pipeline.hold(settings):
        inputs = _inputs(settings, what, quarters=quarters, as_of=as_of)
        scored = pipeline.score(settings, pipeline.built_before(settings, inputs))
    _say(f"{scored.n_statistics} rows of statistics")


@app.command()
def assess(
    data_dir: DataDir = None,
    analysis: AnalysisFile = None,
    quarters: Quarters = None,
    as_of: AsOf = None,
    meddra: Meddra = None,
) -> None:
    """Say what is emerging, known or an artefact: pvsignal assess."""
    settings, what = _context(data_dir, analysis, meddra=meddra)
    with pipeline.hold(settings):
        inputs = _inputs(settings, what, quarters=quarters, as_of=as_of)
        assessed = pipeline.assess(settings, pipeline.scored_before(settings, inputs))
    _say(
        f"{assessed.n_on_board} pairs on the board, {assessed.n_robust} robust, "
        f"{assessed.n_emerging} emerging"
    )


@app.command()
def publish(
    data_dir: DataDir = None,
    analysis: AnalysisFile = None,
    quarters: Quarters = None,
    as_of: AsOf = None,
    meddra: Meddra = None,
) -> None:
    """Write the file and the report of a scored warehouse: pvsignal publish."""
    settings, what = _context(data_dir, analysis, meddra=meddra)
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
    defects: Annotated[
        str, typer.Option(help="Defects of the FDA's files: all, or name,name.")
    ] = "",
    scenes: Annotated[
        str, typer.Option(help="Scenes that mislead crude ratios: all, or name,name.")
    ] = "",
    null: Annotated[
        bool, typer.Option("--null", help="No signal and no trap: all else equal.")
    ] = False,
    ms_share: Annotated[
        float, typer.Option(help="Share of reports with an MS therapy; really 0.03.")
    ] = simulator.MS_SHARE,
) -> None:
    """Write FDA-shaped archives with known truth: pvsignal simulate sim --seed 1."""
    with _progress() as progress:
        made = simulator.simulate(
            folder,
            span=QuarterSpan.parse(quarters),
            n_reports=reports,
            seed=seed,
            defects=simulator.choose_defects(defects) if defects else (),
            scenes=simulator.choose_scenes(scenes) if scenes else (),
            planted=not null,
            ms_share=ms_share,
            progress=progress,
        )
    _say(f"{len(made.archives)} simulated archives; truth in {made.truth}")
    if not made.has_fates:
        _say("too many reports for the fate of each: no attrition in the truth")


class StatusFormat(StrEnum):
    """How ``status`` prints."""

    table = "table"
    json = "json"


@app.command()
def evaluate(
    seeds: Annotated[int, typer.Option(help="Archives with signals.", min=1)] = 20,
    null_seeds: Annotated[int, typer.Option(help="Archives without any.", min=0)] = 6,
    scene_seeds: Annotated[int, typer.Option(help="Archives with scenes.", min=0)] = 4,
    reports: Annotated[
        int, typer.Option(help="Cases in each.", min=simulator.MIN_REPORTS)
    ] = 40_000,
    quarters: Annotated[str, typer.Option(help="Span of each.")] = "2014q1..2023q4",
    processes: Annotated[int, typer.Option(help="Archives at a time.", min=1)] = 2,
    analysis: AnalysisFile = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="File for all figures.")
    ] = None,
    page: Annotated[
        Path | None, typer.Option(help="Page to write the tables into, at its marks.")
    ] = None,
    null_file: Annotated[
        Path | None,
        typer.Option(
            "--null-archives",
            help="CSV file for what is flagged where nothing is planted, as the report "
            "quotes it.",
        ),
    ] = None,
) -> None:
    """Hold flags against simulated truth: pvsignal evaluate --seeds 20."""
    if page is not None:
        evaluation_page.require_page(page)
    if null_file is not None and not null_file.absolute().parent.is_dir():
        raise UsageError(
            f"--null-archives {null_file} lies in no folder; make it first"
        )
    if json_file is not None and not json_file.absolute().parent.is_dir():
        raise UsageError(f"--json {json_file} lies in no folder; make it first")
    if null_file is not None and null_seeds < 2:
        raise UsageError(
            "--null-archives needs --null-seeds 2 or more: an interval is quoted"
        )
    plan = evaluating.Plan(
        n_seeds=seeds,
        n_null_seeds=null_seeds,
        n_scene_seeds=scene_seeds,
        n_reports=reports,
        span=QuarterSpan.parse(quarters),
        processes=processes,
        analysis=analysis,
    )
    with _progress() as progress:
        evaluation = evaluating.evaluate(plan, progress=progress)
    text = evaluation_page.markdown(evaluation)
    # What took long is shown before a file may fail.
    sys.stdout.write(text)
    if json_file is not None:
        content = json.dumps(evaluating.as_json(evaluation), indent=1)
        json_file.write_text(content + "\n", encoding="utf-8")
    if page is not None:
        evaluation_page.write_page(page, text)
    if null_file is not None:
        write_null_archives(null_file, evaluating.null_archives(evaluation))


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
        "notes": "; ".join(state.notes) or "-",
        "published run": str(published.get("run", "none")),
        "as of": str(published.get("as_of", "-")),
        "pairs on the board": str(published.get("n_on_board", "-")),
        "notes of the checks": "; ".join(
            f"{note['name']} {note['n_rows']}" for note in published.get("notes", [])
        )
        or "-",
        "last run": str(published.get("started", "-")),
        "ledger": _ledger_words(state.ledger),
    }
    for name, value in rows.items():
        table.add_row(name, Text(value))
    return table


def _ledger_words(state: LedgerState) -> str:
    if state.head is None:
        return f"NOT WHOLE: {state.verdict}"
    return (
        f"{state.verdict}; {state.n_records} records, {state.n_reviews} of them "
        f"decisions; head {state.head[:12]}"
    )


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
    format: Annotated[
        SqlFormat,
        typer.Option(help=f"A table shows {TABLE_ROWS:,} rows at most, others all."),
    ] = SqlFormat.table,
    output: Annotated[
        Path | None,
        typer.Option(help="File for the result instead of stdout, in any format."),
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
    if output is not None:
        _require_writable(output)
    if warehouse:
        _require_built_for(file, what)
    with open_query(
        file.resolve(),
        query,
        timeout_seconds=timeout,
        memory_limit=settings.memory_limit,
        reachable=[settings.staged_dir] if warehouse else [],
    ) as answer:
        if format is SqlFormat.table and output is None:
            _out.print(_answer_table(answer))
        else:
            _write_answer(answer, format, output)


def _require_built_for(file: Path, what: Analysis) -> None:
    """Refuse a warehouse that was last built for another analysis."""
    with open_query(file.resolve(), "from source.build", timeout_seconds=60) as answer:
        held = [row.get("analysis", "(not named)") for row in rows_of(answer)]
    if held != [what.name]:
        raise UsageError(
            f"the warehouse {file} was last built for the analysis {', '.join(held)}, "
            f"not for {what.name}; run 'pvsignal build' for it, or give --analysis"
        )


def _require_writable(output: Path) -> None:
    if output.is_dir():
        raise UsageError(f"--output {output} is a folder; name a file")
    if not output.parent.is_dir():
        raise UsageError(
            f"the folder {output.parent} of --output does not exist; make it first"
        )


def _write_answer(answer: Answer, format: SqlFormat, output: Path | None) -> None:
    # Whoever reads the result gets all of it or, when the query fails, none.
    with tempfile.TemporaryFile() as spool:
        match format:
            case SqlFormat.csv:
                write_csv(answer, spool)
            case SqlFormat.json:
                write_json(answer, spool)
            case SqlFormat.parquet:
                write_parquet(answer, spool)
            case SqlFormat.table:
                _write_table(answer, spool)
        spool.seek(0)
        if output is None:
            shutil.copyfileobj(spool, sys.stdout.buffer)
            sys.stdout.flush()
        else:
            with output.open("wb") as file:
                shutil.copyfileobj(spool, file)


def _write_table(answer: Answer, sink: IO[bytes]) -> None:
    console = Console(file=io.StringIO(), width=_WIDE)
    with console.capture() as printed:
        console.print(_answer_table(answer))
    sink.write(printed.get().encode())


def _answer_table(answer: Answer) -> Table:
    table = Table()
    for name in answer.schema.names:
        table.add_column(Text(name), overflow="fold")
    rows = rows_of(answer)
    for row in islice(rows, TABLE_ROWS):
        table.add_row(*(Text(text(value)) for value in row.values()))
    if next(rows, None) is not None:
        _say(f"note: the first {TABLE_ROWS:,} rows are shown; --format csv has all")
    return table


@app.command()
def analyses() -> None:
    """List the analyses that ship: pvsignal analyses."""
    table = Table("name", "title", "file")
    for name, file in shipped_analyses().items():
        title = load_analysis(Path(name)).title
        table.add_row(*map(Text, (name, title, str(file))))
    _out.print(table)


@app.command()
def codelists(analysis: AnalysisFile = None) -> None:
    """Check the lists of an analysis: pvsignal codelists --analysis mine.toml."""
    what = load_analysis(analysis or Settings.read().analysis)
    lists = pipeline.read_lists(what)
    table = Table("list", "version", "changed", "rows", "sha256", "file")
    for name, one in sorted(lists.files.items()):
        card = (str(one.card["version"]), str(one.card["changed"]))
        cells = (name, *card, str(len(one.table)), one.sha256[:12], str(one.file))
        table.add_row(*map(Text, cells))
    _out.print(table)
    events = lists_of.event_catalogue(lists)["event_level"].value_counts()
    _say(
        f"{what.name}: {lists_of.drug_members(lists)['drug'].nunique()} scored drugs "
        f"and classes, {events.get('group', 0)} groups, "
        f"{events.get('supergroup', 0)} supergroups; "
        f"code lists {lists_of.codelists_hash(lists)}"
    )


class RowFormat(StrEnum):
    """How ``watch`` prints."""

    table = "table"
    csv = "csv"
    json = "json"


@app.command()
def watch(
    data_dir: DataDir = None,
    format: Annotated[
        RowFormat,
        typer.Option(help="A table shows pairs with a report since, others all."),
    ] = RowFormat.table,
) -> None:
    """Compare openFDA since the newest quarter: pvsignal watch --format csv."""
    settings = Settings.read(data_dir=data_dir)
    with pipeline.hold(settings), _progress() as progress:
        watched = pipeline.watch(settings, progress=progress)
    _say(watched.statement)
    if watched.n_rejected:
        _say(f"note: {watched.n_rejected} reports of openFDA could not be placed")
    for line in watched.cannot_say:
        _say(f"note: {line}")
    match format:
        case RowFormat.json:
            content = watching.as_json(watched)
            sys.stdout.write(json.dumps(content, indent=2, sort_keys=True) + "\n")
        case RowFormat.csv:
            _write_watch_csv(watched)
        case RowFormat.table if watched.rows:
            _out.print(_watch_table(watched))
    _say(f"written to {watched.file}")


def _write_watch_csv(watched: pipeline.Watched) -> None:
    names = [field.name for field in fields(watching.WatchRow)]
    rows = csv.DictWriter(sys.stdout, names, lineterminator="\n")
    rows.writeheader()
    for row in watched.rows:
        counts = " ".join(map(str, row.n_by_quarter))
        rows.writerow(asdict(row) | {"n_by_quarter": counts})


def _watch_table(watched: pipeline.Watched) -> Table:
    table = Table()
    heads = (
        *("therapy", "event", f"{watched.base_quarters[0]}..{watched.last_quarter}"),
        *("since", "expected", "95 %", "ratio", "corrected", ""),
    )
    for head in heads:
        table.add_column(Text(head), overflow="fold")
    for row in watched.rows:
        if row.observed:
            cells = (
                *(row.drug, row.label, " ".join(map(str, row.n_by_quarter))),
                *(str(row.observed), f"{row.expected:.1f}", f"{row.low}-{row.high}"),
                *(_ratio_text(row.ratio), _ratio_text(row.ratio_corrected)),
                "" if row.position == "within" else row.position,
            )
            table.add_row(*map(Text, cells))
    return table


def _ratio_text(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.2f}"


class ReviewFormat(StrEnum):
    """How ``review`` prints."""

    table = "table"
    json = "json"


@app.command()
def review(
    drug: Annotated[
        str | None, typer.Argument(help="Drug or class, as in api.verdicts.")
    ] = None,
    event: Annotated[
        str | None, typer.Argument(help="Event, as in api.verdicts.")
    ] = None,
    decision: Annotated[
        Decision | None,
        typer.Option(
            help="close, monitor and refute take the signal off the list until its "
            "evidence grows; validate and escalate leave it there."
        ),
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why, in one line.")] = None,
    by: Annotated[str | None, typer.Option(help="Who decided.")] = None,
    date: Annotated[
        str | None, typer.Option(help="Day of the decision, YYYY-MM-DD; default today.")
    ] = None,
    data_dir: DataDir = None,
    analysis: AnalysisFile = None,
    format: Annotated[ReviewFormat, typer.Option()] = ReviewFormat.table,
) -> None:
    """List open signals, or record a decision on one.

    pvsignal review fingolimod skin_bcc --decision close --reason "One sender." --by Me
    """
    settings, what = _context(data_dir, analysis)
    options = {"--decision": decision, "--reason": reason, "--by": by}
    absent = [name for name, value in options.items() if value is None]
    if drug is None and event is None:
        given = [name for name in options if name not in absent]
        given += ["--date"] if date is not None else []
        if given:
            raise UsageError(
                f"{', '.join(given)} without a signal; name DRUG and EVENT, or give "
                "none of them to list open signals"
            )
        _list_signals(pipeline.reviewable(settings, what), format)
        return
    if drug is None or event is None:
        raise UsageError("a signal is a drug and an event; give DRUG and EVENT")
    if decision is None or reason is None or by is None:
        raise UsageError(f"a decision needs {', '.join(absent)} as well")
    today = dt.datetime.now(dt.UTC).date()
    record = pipeline.record_review(
        settings,
        what,
        drug=drug,
        event=event,
        decision=decision,
        reason=reason,
        by=by,
        date=_day(date, today=today) if date else today,
    )
    if format is ReviewFormat.json:
        sys.stdout.write(json.dumps(asdict(record), indent=2, sort_keys=True) + "\n")
    _say(
        f"record {record.seq} of the ledger: {decision} {drug} {event} by "
        f"{record.body['by']} on {record.body['date']}; 'pvsignal run' publishes it"
    )


def _day(text: str, *, today: dt.date) -> dt.date:
    """Day of a decision; today is that of UTC, elsewhere it may be a day later."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--date '{text}' is no day; write YYYY-MM-DD") from error
    if day.isoformat() != text:
        raise UsageError(f"--date '{text}' is no day; write YYYY-MM-DD")
    if day > today + dt.timedelta(days=1):
        raise UsageError(f"--date {text} lies in the future; today is {today}")
    return day


def _list_signals(found: pipeline.Reviewable, format: ReviewFormat) -> None:
    listed = found.listed
    rows = [
        {name: None if value != value else value for name, value in row.items()}
        for row in listed.astype(object).where(listed.notna(), None).to_dict("records")
    ]
    if format is ReviewFormat.json:
        content = {"run": found.run, "as_of": found.as_of, "signals": rows}
        sys.stdout.write(json.dumps(content, indent=2, sort_keys=True) + "\n")
    elif rows:
        _out.print(_signal_table(rows))
    if not found.has_states:
        _say("note: no states; quarters are missing between those held")
    _say(
        f"run {found.run} as of {found.as_of}: {len(rows)} open signals, "
        f"{len(found.decided)} decisions in the ledger"
    )


def _signal_table(rows: Sequence[dict[Any, Any]]) -> Table:
    table = Table()
    for head in ("drug", "event", "state", "since", "a", "last decision"):
        table.add_column(Text(head), overflow="fold")
    for row in rows:
        last = "-"
        if row["decision"]:
            last = f"{row['decision']} {row['date']} by {row['by']}, {row['status']}"
            last += f": {row['why_reopened']}" if row["why_reopened"] else ""
        count = "-" if row["a"] is None else str(row["a"])
        cells = (row["drug"], row["event"], row["state"], row["since"] or "-", count)
        table.add_row(*map(Text, (*cells, last)))
    return table


@app.command()
def labels(data_dir: DataDir = None) -> None:
    """Store what US labels say of malignancy: pvsignal labels."""
    settings = Settings.read(data_dir=data_dir)
    with pipeline.hold(settings):
        landed = pipeline.read_labels(settings)
    _say(
        f"labels of the therapies: {landed.n_labels}, sentences on malignancy: "
        f"{landed.n_mentions}; openFDA last updated on {landed.last_updated or '-'}"
    )
    _out.print(str(landed.path), soft_wrap=True, markup=False, highlight=False)


def main() -> NoReturn:
    """Run the command line; a failure is one line on stderr and its exit code."""
    sys.exit(_exit_code(sys.argv[1:]))


def _exit_code(arguments: Sequence[str]) -> int:
    try:
        code = app(arguments or ["--help"], prog_name="pvsignal", standalone_mode=False)
    except PvsignalError as error:
        return _fail(str(error), error.exit_code)
    except _COMMAND_ERROR as error:
        return _fail(_command_message(error), UsageError.exit_code)
    except duckdb.IOException as error:
        is_locked = "set lock" in str(error)
        kind = LockedError if is_locked else ModelError
        advice = (
            "wait until the other process ends"
            if is_locked
            else "check the file it names; a run builds a deleted warehouse anew"
        )
        return _fail(f"{error}; {advice}", kind.exit_code)
    except duckdb.OutOfMemoryException as error:
        return _fail(f"{error}; raise PVSIGNAL_MEMORY_LIMIT", ModelError.exit_code)
    except OSError as error:
        return _fail(_os_message(error), UsageError.exit_code)
    if code == _STOPPED:
        return _fail("stopped; what was published before stays as it was", code)
    return code if isinstance(code, int) else 0


def _fail(message: str, exit_code: int) -> int:
    # DuckDB points at the fault with a caret below the statement.
    lines = (line.strip() for line in re.split(r"[\r\n]+", message))
    _say("pvsignal: " + " ".join(line for line in lines if line.strip("^ ")))
    return exit_code


def _command_message(error: Any) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "pvsignal"
    return f"{error.format_message().rstrip('.')}; see '{command} --help'"


def _os_message(error: OSError) -> str:
    if error.filename is None:
        return f"{error.strerror or error}; check the disk and the permissions"
    return (
        f"{error.filename}: {error.strerror}; check the path, its permissions and the "
        "space on its disk"
    )
