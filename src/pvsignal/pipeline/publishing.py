"""Verdicts become an immutable file, a report and a pointer to them."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from pvsignal import __version__, codelists, duplicates, warehouse
from pvsignal.errors import CheckFailed
from pvsignal.pipeline.building import open_warehouse
from pvsignal.pipeline.inputs import Inputs
from pvsignal.pipeline.intake import Clock, utc_now
from pvsignal.pipeline.judging import Assessed
from pvsignal.pipeline.reviewing import store_reviews
from pvsignal.progress import NoProgress, Progress
from pvsignal.quarter import QuarterSpan
from pvsignal.report import write_report
from pvsignal.settings import Settings
from pvsignal.signals import ledger
from pvsignal.sources import manifest
from pvsignal.sources import stage as staging

PUBLISHED_KEPT: Final = 5


PUBLISHED_TABLES: Final = (
    "signals.statistic",
    "signals.verdict",
    "signals.pair_state",
    "signals.pair_check",
    "signals.class_check",
    "signals.change_run",
    "signals.change",
    "signals.changed_case",
    "signals.adjusted",
    "signals.masked_statistic",
    "signals.onset",
    "signals.grid",
    "signals.grid_summary",
    "signals.grid_choice",
    "signals.grid_flip",
    "signals.stimulation",
    "signals.interaction",
    "signals.multiplicity",
    "signals.drug_test",
    "signals.control",
    "signals.empirical_null",
    "signals.error_budget",
    "signals.pair_chance",
    "signals.year_stratified",
    "signals.contrast",
    "signals.surveillance",
    "signals.surveillance_look",
    "signals.prior",
    "signals.pair_statistic",
    "counts.crude_substance",
    "counts.crude_event",
    "signals.run",
    "signals.ledger",
    "signals.review",
    "counts.pair_profile",
    "counts.contributor",
    "counts.attrition",
    "counts.row_fate",
    "counts.litigated_year",
    "counts.unmatched_name",
    "counts.name_share",
    "cohort.name_substance",
    "cohort.own_substance",
    "counts.review_term",
    "counts.quarter",
    "counts.reject",
    "counts.excluded_case",
    "counts.lead",
    "counts.duplicate",
    "counts.pair_case",
    "counts.listed_case",
    "counts.review_case",
    "counts.review_drug",
    "counts.exposure_window",
    "counts.review_event",
    "counts.review_indication",
    "counts.review_version",
    "counts.review_source_row",
    "analysis.variant",
    "analysis.variant_comparator",
    "analysis.selection",
    "codelists.list",
    "codelists.event_term",
    "codelists.therapy_class",
    "codelists.drug_member",
    "codelists.label_date",
    "codelists.label_cover",
    "codelists.notoriety_date",
    "codelists.notoriety_drug",
    "codelists.label_text",
    "codelists.label_difference",
    "source.check_result",
    "source.check_row",
)


@dataclass(frozen=True)
class Published:
    """A published run.

    Attributes
    ----------
    is_new
        False where a run with these inputs was published before.
    is_current
        The pointer ``current`` names this run.
    findings
        Lines for a person: re-issues, notes of the checks, litigated reports by year.
    notes
        Lines for a person about the archives and their source, at this call.
    """

    run: str
    as_of: str
    database: Path
    report: Path
    is_new: bool
    is_current: bool
    n_on_board: int
    n_robust: int
    n_emerging: int
    findings: tuple[str, ...]
    notes: tuple[str, ...] = ()


def published_before(settings: Settings, inputs: Inputs) -> Published | None:
    """Run that was published from these inputs, if there is one.

    A run that was cut off between its file and the pointer is brought to its end.
    """
    folder = settings.published_dir(inputs.analysis.name)
    for file in sorted(folder.glob(f"pvsignal_{inputs.as_of}_*.json")):
        stamp = json.loads(file.read_text("utf-8"))
        is_enough = stamp["complete"] or not inputs.is_complete
        published = _published(settings, stamp, is_new=False)
        is_there = published.database.exists() and published.report.exists()
        if stamp["inputs"] == inputs.identity and is_enough and is_there:
            if inputs.is_complete:
                _settle(settings, stamp)
            return published
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
            "codelists": codelists.codelists_hash(inputs.lists),
            "codelist_sha256": {
                name: inputs.lists.files[name].sha256
                for name in sorted(inputs.lists.files)
            },
            "database": database.name,
            "report": str(Path(stem) / "index.html"),
            "n_on_board": assessed.n_on_board,
            "n_robust": assessed.n_robust,
            "n_emerging": assessed.n_emerging,
            "content": hashes,
            "notes": [asdict(note) for note in assessed.scored.built.notes],
            "findings": list(assessed.scored.built.findings()),
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
    _keep_last(settings, name)
    return _published(settings, stamp, is_new=True)


def _write_database(
    settings: Settings, assessed: Assessed, file: Path, *, started: dt.datetime
) -> dict[str, str]:
    inputs = assessed.inputs
    with open_warehouse(settings) as con:
        warehouse.load_frame(con, "signals.run", _run_frame(assessed, started))
        warehouse.load_frame(con, "signals.ledger", _ledger_frame(assessed.records))
        store_reviews(
            con, assessed.records, analysis=inputs.analysis, as_of=inputs.as_of
        )
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
                "meddra_sha256": inputs.meddra.sha256 if inputs.meddra else "",
                "staging_version": staging.staging_version(),
                "linkage_version": duplicates.linkage_version(),
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
    with warehouse.connect_readonly(file, temp_dir=spill, reachable=[folder]) as con:
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
    pointer = {
        key: value for key, value in stamp.items() if key not in ("records", "findings")
    }
    if not current.exists() or json.loads(current.read_text("utf-8")) != pointer:
        manifest.write_json(current, pointer)
        link = folder / ".tmp-current"
        link.unlink(missing_ok=True)
        link.symlink_to(stamp["database"])
        link.replace(folder / "current.duckdb")


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
        n_emerging=stamp["n_emerging"],
        findings=tuple(stamp["findings"]),
    )


def _keep_last(settings: Settings, name: str) -> None:
    """Drop all but the last published files and the current one; reports stay."""
    folder = settings.published_dir(name)
    current = folder / "current.json"
    kept = json.loads(current.read_text("utf-8"))["run"] if current.exists() else ""
    stamps = [
        (stamp["started"], stamp["run"], file)
        for file in folder.glob("pvsignal_*.json")
        if (stamp := json.loads(file.read_text("utf-8")))
    ]
    for _, run, file in sorted(stamps, reverse=True)[PUBLISHED_KEPT:]:
        if run != kept:
            file.with_suffix(".duckdb").unlink(missing_ok=True)
            file.unlink()
