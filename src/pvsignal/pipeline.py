"""The stages as plain functions: land, stage, build, score, assess, publish.

Each takes settings and the result of the stage before and returns a small frozen
result; tables stay in DuckDB. Prefect, if it is used, only decides when.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from filelock import FileLock, Timeout

from pvsignal import __version__, codelists, warehouse
from pvsignal.analysis import Analysis
from pvsignal.codelists import Codelists
from pvsignal.errors import CheckFailed, LockedError, UsageError
from pvsignal.progress import NoProgress, Progress
from pvsignal.quarter import Quarter, QuarterSpan
from pvsignal.report import write_report
from pvsignal.settings import Settings
from pvsignal.signals import ledger, lifecycle, rules
from pvsignal.sources import land as landing
from pvsignal.sources import manifest
from pvsignal.sources import stage as staging
from pvsignal.stats import twobytwo

Clock = Callable[[], dt.datetime]

PUBLISHED_KEPT: Final = 5

PUBLISHED_TABLES: Final = (
    "signals.statistic",
    "signals.verdict",
    "signals.run",
    "signals.ledger",
    "counts.pair_profile",
    "counts.attrition",
    "counts.litigated_year",
    "counts.unmatched_name",
    "counts.quarter",
    "counts.reject",
    "counts.excluded_case",
    "counts.review_member",
    "counts.review_case",
    "counts.review_drug",
    "counts.review_event",
    "counts.review_indication",
    "counts.review_source_row",
    "codelists.list",
)


def utc_now() -> dt.datetime:
    """Clock of the system, in UTC."""
    return dt.datetime.now(dt.UTC)


@contextmanager
def hold(settings: Settings) -> Iterator[None]:
    """Hold the data directory: one run at a time, from the command line or a flow.

    Raises
    ------
    LockedError
        If another run holds it.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    lock = FileLock(settings.lock_path)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise LockedError(
            f"another run holds {settings.data_dir} ({settings.lock_path.name}); "
            "wait until it ends"
        ) from error
    try:
        yield
    finally:
        lock.release()


# --- land and stage ------------------------------------------------------------------


def land(
    settings: Settings,
    *,
    span: QuarterSpan | None = None,
    now: Clock = utc_now,
    progress: Progress | None = None,
) -> landing.LandResult:
    """Bring the archives of a span from the mirror or the FDA into the data directory.

    Raises
    ------
    SourceError
        If the source cannot be read or an archive is not whole.
    """
    http = landing.HttpOptions(
        timeout_seconds=settings.http_timeout_seconds,
        tries=settings.http_tries,
        wait_seconds=settings.http_wait_seconds,
    )
    listed = (
        landing.list_mirror(settings.mirror, http)
        if settings.mirror
        else landing.list_fda(settings.listing_url, http)
    )
    return landing.land(
        settings.data_dir, listed, http=http, span=span, now=now, progress=progress
    )


@dataclass(frozen=True)
class Staged:
    """Quarters that are staged, ascending, with the archive of each."""

    archives: tuple[manifest.Archive, ...]
    keys: tuple[str, ...]

    @property
    def quarters(self) -> tuple[Quarter, ...]:
        """Held quarters, ascending."""
        return tuple(archive.quarter for archive in self.archives)


def stage(
    settings: Settings,
    *,
    span: QuarterSpan | None = None,
    progress: Progress | None = None,
) -> Staged:
    """Read the landed archives of a span into Parquet; those in use are left alone.

    Raises
    ------
    UsageError
        If no landed quarter lies in the span.
    LayoutError, CheckFailed
        If an archive is not laid out as documented.
    """
    held = manifest.read_manifest(settings.data_dir)
    if not held:
        raise UsageError(
            f"no archive is landed in {settings.data_dir}; run 'pvsignal land' first"
        )
    wanted = [held[q] for q in sorted(held) if span is None or q in span]
    if not wanted:
        raise UsageError(
            f"no quarter of {span} is held in {settings.data_dir}; held are "
            f"{_spans_of(sorted(held))}; land them or change --quarters"
        )
    listener = progress or NoProgress()
    keys = [
        staging.stage_archive(
            settings.data_dir / archive.path,
            archive.quarter,
            sha256=archive.sha256,
            staged_dir=settings.staged_dir,
            progress=listener,
        ).key
        for archive in wanted
    ]
    in_use = _staged_manifest(settings) | {
        str(archive.quarter): {
            "key": key,
            "archive": archive.name,
            "archive_sha256": archive.sha256,
        }
        for archive, key in zip(wanted, keys, strict=True)
    }
    if in_use != _staged_manifest(settings):
        manifest.write_json(settings.staged_dir / "manifest.json", in_use)
    return Staged(tuple(wanted), tuple(keys))


def _staged_manifest(settings: Settings) -> dict[str, Any]:
    file = settings.staged_dir / "manifest.json"
    return json.loads(file.read_text("utf-8")) if file.exists() else {}


def staged_before(settings: Settings, *, span: QuarterSpan | None = None) -> Staged:
    """Quarters that are staged already, without staging anything.

    Raises
    ------
    UsageError
        If none is.
    """
    in_use = _staged_manifest(settings)
    held = manifest.read_manifest(settings.data_dir)
    archives = [
        held[q]
        for q in sorted(held)
        if str(q) in in_use and (span is None or q in span)
    ]
    if not archives:
        raise UsageError(
            f"no staged quarter in {settings.data_dir}"
            + (f" within {span}" if span else "")
            + "; run 'pvsignal land' and 'pvsignal stage' first"
        )
    return Staged(
        tuple(archives), tuple(in_use[str(a.quarter)]["key"] for a in archives)
    )


def _spans_of(quarters: list[Quarter]) -> str:
    """Quarters as text, unbroken stretches as ``first..last``."""
    stretches: list[list[Quarter]] = []
    for quarter in quarters:
        if stretches and stretches[-1][-1].next() == quarter:
            stretches[-1].append(quarter)
        else:
            stretches.append([quarter])
    return ", ".join(
        str(s[0]) if len(s) == 1 else f"{s[0]}..{s[-1]}" for s in stretches
    )


# --- identity of a run ---------------------------------------------------------------


@dataclass(frozen=True)
class Inputs:
    """Everything that a run is a function of, apart from the ledger.

    Attributes
    ----------
    identity
        12 hex over archive hashes in quarter order, staging version, analysis, code
        lists, package version, as_of and the last review record.
    """

    staged: Staged
    as_of: Quarter
    analysis: Analysis
    lists: Codelists
    origin: str
    is_complete: bool
    identity: str

    @property
    def quarters(self) -> tuple[Quarter, ...]:
        """Held quarters that count, up to as_of."""
        return tuple(q for q in self.staged.quarters if q <= self.as_of)


def identify(
    settings: Settings,
    analysis: Analysis,
    *,
    staged: Staged,
    as_of: Quarter | None = None,
) -> Inputs:
    """Pin the inputs of a run.

    A run on a part of the held quarters, or as of an earlier one, moves neither the
    ledger nor ``current``.

    Parameters
    ----------
    settings, analysis, staged
        Where, what, and on which quarters.
    as_of
        Quarter up to which evidence counts; None for the latest held quarter.

    Raises
    ------
    UsageError
        If as_of lies before the first held quarter.
    """
    if as_of is not None and as_of < staged.quarters[0]:
        raise UsageError(
            f"--as-of {as_of} lies before the first held quarter "
            f"{staged.quarters[0]}; choose a later one"
        )
    counted = [q for q in staged.quarters if as_of is None or q <= as_of]
    lists = codelists.load_codelists()
    records = ledger.read_ledger(settings.ledger_path(analysis.name))
    reviews = [record.hash for record in records if record.kind == "review"]
    content = {
        "archives": [a.sha256 for a in staged.archives if a.quarter <= counted[-1]],
        "staging": staging.staging_version(),
        "analysis": analysis.sha256,
        "codelists": codelists.codelists_hash(lists),
        "package": __version__,
        "as_of": str(counted[-1]),
        "review": reviews[-1] if reviews else "",
    }
    held = manifest.read_manifest(settings.data_dir)
    return Inputs(
        staged=staged,
        as_of=counted[-1],
        analysis=analysis,
        lists=lists,
        origin=manifest.read_origin(settings.data_dir) or "",
        is_complete=as_of is None and set(held) == set(staged.quarters),
        identity=_short_hash(content),
    )


def _short_hash(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


# --- build ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Note:
    """A check that does not block and returned rows."""

    name: str
    title: str
    n_rows: int


@dataclass(frozen=True)
class Built:
    """The warehouse is built; what the checks noted; reports in comparator A."""

    inputs: Inputs
    notes: tuple[Note, ...]
    n_reports: int


def build(
    settings: Settings, inputs: Inputs, *, progress: Progress | None = None
) -> Built:
    """Rebuild the warehouse from the staged quarters: cases, cohort, counts.

    Raises
    ------
    ModelError
        If a model fails.
    CheckFailed
        If a blocking check returns rows.
    """
    listener = progress or NoProgress()
    n_models = sum(len(paths) for paths in warehouse.MODELS.values())
    listener.start("build", n_models)
    settings.warehouse_path.unlink(missing_ok=True)
    values = {"as_of": inputs.as_of.ordinal}

    def on_model(_: str) -> None:
        listener.advance(1)

    with warehouse.connect(
        settings.warehouse_path,
        threads=settings.threads,
        memory_limit=settings.memory_limit,
    ) as con:
        folders = [
            settings.staged_dir / str(archive.quarter) / key
            for archive, key in zip(
                inputs.staged.archives, inputs.staged.keys, strict=True
            )
        ]
        warehouse.register_staged(con, folders)
        warehouse.load_frame(con, "source.archive", _archive_frame(inputs))
        warehouse.load_frame(con, "source.build", _build_frame(inputs))
        groups = list(warehouse.MODELS)
        warehouse.run_models(
            con, ["macros", "staged"], values=values, on_model=on_model
        )
        _load_vocabulary(con, inputs)
        warehouse.run_models(con, groups[2:], values=values, on_model=on_model)
        warehouse.load_frame(
            con, "source.check", warehouse.check_frame(warehouse.run_checks(con))
        )
    listener.finish()
    return built_before(settings, inputs)


def _build_frame(inputs: Inputs) -> pd.DataFrame:
    return pd.DataFrame({"inputs": [inputs.identity]})


def built_before(settings: Settings, inputs: Inputs) -> Built:
    """Warehouse that was built from these inputs, for the single commands.

    Raises
    ------
    UsageError
        If there is none, or it was built from other inputs.
    """
    with _warehouse(settings) as con:
        if not warehouse.has_table(con, "source.check") or warehouse.query_rows(
            con, "select inputs from source.build"
        ) != [{"inputs": inputs.identity}]:
            raise UsageError(
                f"the warehouse in {settings.data_dir} was not built whole from these "
                "inputs; run 'pvsignal build' again"
            )
        notes = warehouse.query_rows(
            con, "select name, title, n_rows from source.check where n_rows > 0"
        )
        reports = warehouse.query_rows(
            con, "select count(*) as n from cohort.report where known_until is null"
        )
    return Built(inputs, tuple(Note(**note) for note in notes), int(reports[0]["n"]))


def scored_before(settings: Settings, inputs: Inputs) -> Scored:
    """Statistics that were computed from these inputs, for the single commands.

    Raises
    ------
    UsageError
        If there are none.
    """
    built = built_before(settings, inputs)
    with _warehouse(settings) as con:
        is_scored = warehouse.has_table(con, "signals.statistic")
    if not is_scored:
        raise UsageError(
            f"no statistics in {settings.data_dir}; run 'pvsignal score' first"
        )
    return Scored(built, 0)


def _archive_frame(inputs: Inputs) -> pd.DataFrame:
    # The path of a mirror folder depends on the machine; the hash says enough.
    return pd.DataFrame(
        {
            "quarter": [str(a.quarter) for a in inputs.staged.archives],
            "quarter_no": np.array(
                [a.quarter.ordinal for a in inputs.staged.archives], dtype="int16"
            ),
            "archive": [a.name for a in inputs.staged.archives],
            "archive_sha256": [a.sha256 for a in inputs.staged.archives],
            "archive_url": [
                a.url if inputs.origin == "fda" else "" for a in inputs.staged.archives
            ],
        }
    )


def _load_vocabulary(con: warehouse.Connection, inputs: Inputs) -> None:
    """Match every distinct string once and store the code lists as small tables."""
    lists, analysis = inputs.lists, inputs.analysis
    frames = {
        "codelists.list": _list_frame(lists),
        "codelists.therapy": lists["ms_therapies"].table,
        "codelists.country": lists["countries"].table,
        "codelists.reporter": lists["reporters"].table,
        "codelists.drug_member": codelists.drug_members(lists),
        "codelists.reference_member": codelists.reference_members(
            lists, analysis.reference_class
        ),
        "codelists.event": codelists.event_catalogue(lists),
        "codelists.litigated_event": codelists.litigated_events(
            lists, analysis.litigated_certainty
        ),
        "codelists.litigated_ingredient": lists["litigated_drugs"]
        .table[["ingredient"]]
        .drop_duplicates(),
        "codelists.name_match": codelists.match_names(
            _distinct(con, ["staged.drug.drugname", "staged.drug.prod_ai"]), lists
        ),
        "codelists.route_match": codelists.match_routes(
            _distinct(con, ["staged.drug.route"]), lists
        ),
        "analysis.role": pd.DataFrame({"role_cod": list(analysis.roles)}),
    }
    terms = codelists.classify_terms(
        _distinct(con, ["staged.reac.pt_term", "staged.indi.indi_term"]), lists
    )
    frames["codelists.term"] = terms
    frames["codelists.event_term"] = codelists.events_of_terms(terms, lists)
    for name, frame in frames.items():
        warehouse.load_frame(con, name, frame)


def _distinct(con: warehouse.Connection, columns: list[str]) -> list[str]:
    parts = [
        f"select {column.rpartition('.')[2]} as text from {column.rpartition('.')[0]}"
        for column in columns
    ]
    frame = warehouse.query_frame(
        con,
        f"select distinct text from ({' union all '.join(parts)}) "
        "where text is not null order by text",
    )
    return [str(text) for text in frame["text"]]


def _list_frame(lists: Codelists) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "list": name,
                **{
                    key: str(item.card.get(key, ""))
                    for key in ("title", "version", "changed", "certainty", "source")
                },
                "n_rows": len(item.table),
                "sha256": item.sha256,
            }
            for name, item in sorted(lists.items())
        ]
    )


# --- score and assess ----------------------------------------------------------------


@dataclass(frozen=True)
class Scored:
    """Statistics stand in ``signals.statistic``."""

    built: Built
    n_statistics: int


def score(settings: Settings, built: Built) -> Scored:
    """Compute the statistics of every cell table and the flags of each comparator."""
    with _warehouse(settings) as con:
        cells = warehouse.query_arrow(
            con,
            "select cell.*, held_quarter.quarter, "
            "cell.quarter_no = max(cell.quarter_no) over () as is_latest, "
            "'primary' as variant "
            "from counts.cell as cell inner join cases.held_quarter as held_quarter "
            "on cell.quarter_no = held_quarter.quarter_no",
        )
        table = _statistics(cells, built.inputs.analysis)
        warehouse.load_arrow(con, "signals.statistic", table)
    return Scored(built, table.num_rows)


@contextmanager
def _warehouse(settings: Settings) -> Iterator[warehouse.Connection]:
    if not settings.warehouse_path.exists():
        raise UsageError(
            f"no warehouse in {settings.data_dir}; run 'pvsignal build' first"
        )
    with warehouse.connect(
        settings.warehouse_path,
        threads=settings.threads,
        memory_limit=settings.memory_limit,
    ) as con:
        yield con


def _statistics(cells: pa.Table, analysis: Analysis) -> pa.Table:
    a, n_drug, n_event, n = (
        cells[name].to_numpy() for name in ("a", "n_drug", "n_event", "n")
    )
    b, c = n_drug - a, n_event - a
    d = n - n_drug - n_event + a
    expected = twobytwo.expected(a, b, c, d)
    prr, ror = twobytwo.prr(a, b, c, d), twobytwo.ror(a, b, c, d)
    chi2 = twobytwo.chi2_yates(a, b, c, d)
    limits = analysis.thresholds
    in_a = pc.equal(cells["comparator"], "A").to_numpy()
    columns = {
        "b": b,
        "c": c,
        "d": d,
        "expected": expected,
        "prr": prr.point,
        "prr_low": prr.low,
        "prr_high": prr.high,
        "ror": ror.point,
        "ror_low": ror.low,
        "ror_high": ror.high,
        "is_exact": ror.is_exact,
        "chi2_yates": chi2,
        "sdr_evans": rules.sdr_evans(a, prr.point, chi2=chi2, limits=limits),
        "sdr_ror": rules.sdr_ror(a, ror.low, limits=limits),
        "evaluable": rules.evaluable(
            in_a, a, c=c, expected=expected, limits=analysis.evaluable
        ),
    }
    for name, values in columns.items():
        cells = cells.append_column(name, pa.array(values))
    return cells


@dataclass(frozen=True)
class Assessed:
    """Verdicts stand in ``signals.verdict``; the run has its identity."""

    scored: Scored
    run: str
    records: tuple[ledger.Record, ...]
    n_on_board: int
    n_robust: int

    @property
    def inputs(self) -> Inputs:
        """Inputs of the run."""
        return self.scored.built.inputs


def assess(settings: Settings, scored: Scored) -> Assessed:
    """Say which comparators agree, when each pair first crossed, and draft the ledger.

    Raises
    ------
    CheckFailed
        If the ledger was changed by another hand.
    """
    inputs = scored.built.inputs
    quarters = [q.ordinal for q in inputs.quarters]
    with _warehouse(settings) as con:
        history = warehouse.query_frame(
            con,
            "select comparator, drug_level, drug, event_level, event, quarter_no, a, "
            "sdr_ror, evaluable from signals.statistic where event_level <> 'pt'",
        )
        latest = history[history["quarter_no"] == inputs.as_of.ordinal]
        verdicts = rules.agreement(latest).merge(
            lifecycle.first_crossings(history, quarters), on=lifecycle.KEY, how="left"
        )
        labels = inputs_labels(inputs)
        verdicts["event_label"] = verdicts["event"].map(labels)
        verdicts["first_crossing"] = verdicts["first_crossing"].fillna("").astype(str)
        warehouse.load_frame(con, "signals.verdict", verdicts)
    before = ledger.read_ledger(settings.ledger_path(inputs.analysis.name))
    run = _short_hash({"inputs": inputs.identity, "ledger": ledger.head(before)})
    records = before
    if inputs.is_complete:
        records = ledger.chain(before, _drafts(inputs, run, verdicts, before))
    return Assessed(
        scored,
        run,
        records,
        int(verdicts["on_board"].sum()),
        int(verdicts["robust"].sum()),
    )


def inputs_labels(inputs: Inputs) -> dict[str, str]:
    """Event name to its label."""
    catalogue = codelists.event_catalogue(inputs.lists)
    return dict(zip(catalogue["event"], catalogue["label"], strict=True))


def _drafts(
    inputs: Inputs,
    run: str,
    verdicts: pd.DataFrame,
    before: tuple[ledger.Record, ...],
) -> list[ledger.Draft]:
    """One record of the run and one of each crossing that is new or has changed."""
    as_of = str(inputs.as_of)
    known = {
        (record.body["drug"], record.body["event"]): record.body
        for record in before
        if record.kind == "crossing"
    }
    crossed = verdicts[verdicts["first_crossing"] != ""].sort_values(lifecycle.KEY)
    columns = ["drug", "event", "first_crossing", "crossing_state", "flagged_in"]
    crossings = crossed[columns].to_dict("records")
    summary = {
        "inputs": inputs.identity,
        "n_on_board": int(verdicts["on_board"].sum()),
        "n_robust": int(verdicts["robust"].sum()),
    }
    return [
        ledger.Draft("run", run, as_of, summary),
        *(
            ledger.Draft("crossing", run, as_of, {str(k): v for k, v in row.items()})
            for row in crossings
            if known.get((row["drug"], row["event"])) != row
        ),
    ]


# --- publish -------------------------------------------------------------------------


@dataclass(frozen=True)
class Published:
    """A published run.

    Attributes
    ----------
    is_new
        False where a run with these inputs was published before.
    is_current
        The pointer ``current`` names this run.
    """

    run: str
    as_of: str
    database: Path
    report: Path
    is_new: bool
    is_current: bool
    n_on_board: int
    n_robust: int


def published_before(settings: Settings, inputs: Inputs) -> Published | None:
    """Run that was published from these inputs, if there is one.

    A run that was cut off between its file and the pointer is brought to its end.
    """
    folder = settings.published_dir(inputs.analysis.name)
    for file in sorted(folder.glob(f"pvsignal_{inputs.as_of}_*.json")):
        stamp = json.loads(file.read_text("utf-8"))
        is_enough = stamp["complete"] or not inputs.is_complete
        if stamp["inputs"] == inputs.identity and is_enough:
            if inputs.is_complete:
                _settle(settings, stamp)
            return _published(settings, stamp, is_new=False)
    return None


def publish(
    settings: Settings,
    assessed: Assessed,
    *,
    now: Clock = utc_now,
    progress: Progress | None = None,
) -> Published:
    """Write the immutable file and the report, then move ledger and pointer.

    Everything is written under temporary names and renamed at the end, so that a
    failure leaves what was published before untouched.
    """
    inputs = assessed.inputs
    name = inputs.analysis.name
    folder, reports = settings.published_dir(name), settings.reports_dir(name)
    folder.mkdir(parents=True, exist_ok=True)
    reports.mkdir(parents=True, exist_ok=True)
    stem = f"{inputs.as_of}_{assessed.run}"
    database = folder / f"pvsignal_{stem}.duckdb"
    draft_file = folder / f".tmp-{stem}.duckdb"
    draft_report = reports / f".tmp-{stem}"
    draft_file.unlink(missing_ok=True)
    shutil.rmtree(draft_report, ignore_errors=True)
    started = now()
    try:
        hashes = _write_database(settings, assessed, draft_file, started=started)
        _write_report(
            settings, inputs, draft_file, folder=draft_report, progress=progress
        )
        stamp = {
            "run": assessed.run,
            "inputs": inputs.identity,
            "as_of": str(inputs.as_of),
            "analysis": name,
            "origin": inputs.origin,
            "complete": inputs.is_complete,
            "database": database.name,
            "report": str(Path(stem) / "index.html"),
            "n_on_board": assessed.n_on_board,
            "n_robust": assessed.n_robust,
            "content": hashes,
            "notes": [asdict(note) for note in assessed.scored.built.notes],
            "started": started.isoformat(timespec="seconds"),
            "records": [asdict(record) for record in assessed.records],
        }
        manifest.write_json(draft_report / "manifest.json", stamp)
        shutil.rmtree(reports / stem, ignore_errors=True)
        draft_report.rename(reports / stem)
        draft_file.rename(database)
        manifest.write_json(database.with_suffix(".json"), stamp)
    finally:
        draft_file.unlink(missing_ok=True)
        shutil.rmtree(draft_report, ignore_errors=True)
    if inputs.is_complete:
        _settle(settings, stamp)
    return _published(settings, stamp, is_new=True)


def _write_database(
    settings: Settings, assessed: Assessed, file: Path, *, started: dt.datetime
) -> dict[str, str]:
    inputs = assessed.inputs
    with _warehouse(settings) as con:
        warehouse.load_frame(con, "signals.run", _run_frame(assessed, started))
        warehouse.load_frame(con, "signals.ledger", _ledger_frame(assessed.records))
        warehouse.copy_tables(con, file, PUBLISHED_TABLES)
    with warehouse.connect(file) as con:
        warehouse.build_api(con)
        hashes = {
            relation: warehouse.content_hash(con, relation)
            for relation in PUBLISHED_TABLES
            if relation != "signals.run"
        }
    if not hashes["signals.statistic"]:
        raise CheckFailed(f"the published file of {inputs.as_of} is empty")
    return hashes


def _run_frame(assessed: Assessed, started: dt.datetime) -> pd.DataFrame:
    inputs = assessed.inputs
    first, last = inputs.quarters[0], inputs.quarters[-1]
    return pd.DataFrame(
        [
            {
                "run": assessed.run,
                "inputs": inputs.identity,
                "as_of": str(inputs.as_of),
                "origin": inputs.origin,
                "analysis": inputs.analysis.name,
                "analysis_sha256": inputs.analysis.sha256,
                "codelists_sha256": codelists.codelists_hash(inputs.lists),
                "staging_version": staging.staging_version(),
                "pvsignal_version": __version__,
                "n_quarters_held": len(inputs.quarters),
                "n_quarters_span": len(QuarterSpan(first, last)),
                "first_quarter": str(first),
                "last_quarter": str(last),
                "started": started.isoformat(timespec="seconds"),
            }
        ]
    )


def _ledger_frame(records: tuple[ledger.Record, ...]) -> pd.DataFrame:
    columns = ["seq", "kind", "run", "as_of", "body", "previous_hash", "hash"]
    rows = [
        {**record.__dict__, "body": json.dumps(record.body, sort_keys=True)}
        for record in records
    ]
    return pd.DataFrame(rows, columns=columns).astype({"seq": "int64"})


def _write_report(
    settings: Settings,
    inputs: Inputs,
    file: Path,
    *,
    folder: Path,
    progress: Progress | None,
) -> None:
    spill = settings.data_dir / ".spill"
    with warehouse.connect_readonly(file, temp_dir=spill) as con:
        write_report(
            con, folder, analysis=inputs.analysis, progress=progress or NoProgress()
        )
    shutil.rmtree(spill, ignore_errors=True)


def _settle(settings: Settings, stamp: Mapping[str, Any]) -> None:
    """Bring ledger and pointer to a published run that used all that is held."""
    name = stamp["analysis"]
    folder = settings.published_dir(name)
    records = tuple(ledger.Record(**record) for record in stamp["records"])
    path = settings.ledger_path(name)
    if len(ledger.read_ledger(path)) < len(records):
        ledger.append(path, records)
    current = folder / "current.json"
    pointer = {key: value for key, value in stamp.items() if key != "records"}
    if not current.exists() or json.loads(current.read_text("utf-8")) != pointer:
        manifest.write_json(current, pointer)
        link = folder / ".tmp-current"
        link.unlink(missing_ok=True)
        link.symlink_to(stamp["database"])
        link.replace(folder / "current.duckdb")
    _keep_last(settings, name, keep=stamp["database"])


def _published(
    settings: Settings, stamp: Mapping[str, Any], *, is_new: bool
) -> Published:
    name = stamp["analysis"]
    return Published(
        run=stamp["run"],
        as_of=stamp["as_of"],
        database=settings.published_dir(name) / stamp["database"],
        report=settings.reports_dir(name) / stamp["report"],
        is_new=is_new,
        is_current=bool(stamp["complete"]),
        n_on_board=stamp["n_on_board"],
        n_robust=stamp["n_robust"],
    )


def _keep_last(settings: Settings, name: str, *, keep: str) -> None:
    """Drop all but the last published files; reports stay, they are small."""
    folder = settings.published_dir(name)
    stamps = [
        (json.loads(f.read_text("utf-8"))["started"], f)
        for f in folder.glob("pvsignal_*.json")
    ]
    for _, file in sorted(stamps, reverse=True)[PUBLISHED_KEPT:]:
        database = file.with_suffix(".duckdb")
        if database.name != keep:
            database.unlink(missing_ok=True)
            file.unlink()


# --- all of it -----------------------------------------------------------------------


def run(
    settings: Settings,
    analysis: Analysis,
    *,
    span: QuarterSpan | None = None,
    as_of: Quarter | None = None,
    now: Clock = utc_now,
    progress: Progress | None = None,
) -> Published:
    """Run all stages, as ``pvsignal run`` does.

    Raises
    ------
    PvsignalError
        As the stages do; what was published before stays as it was.
    """
    with hold(settings):
        land(settings, span=span, now=now, progress=progress)
        staged = stage(settings, span=span, progress=progress)
        inputs = identify(settings, analysis, staged=staged, as_of=as_of)
        before = published_before(settings, inputs)
        if before is not None:
            return before
        built = build(settings, inputs, progress=progress)
        assessed = assess(settings, score(settings, built))
        return publish(settings, assessed, now=now, progress=progress)
