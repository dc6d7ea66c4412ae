"""Why counts changed since the last published run of the analysis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from pvsignal import __version__, codelists, duplicates, warehouse
from pvsignal.pipeline.inputs import Inputs
from pvsignal.quarter import Quarter
from pvsignal.settings import Settings
from pvsignal.signals import ledger
from pvsignal.signals.changes import (
    Differences,
    RunInputs,
    differences,
    not_comparable,
)
from pvsignal.sources import stage as staging

# What is read of the previous run's file; a file without it is not compared with.
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "runs": (
        "run",
        "as_of",
        "origin",
        "analysis",
        "analysis_sha256",
        "codelists_sha256",
        "meddra_sha256",
        "staging_version",
        "linkage_version",
        "pvsignal_version",
    ),
    "signal_history": (
        "comparator",
        "drug_level",
        "drug",
        "event_level",
        "event",
        "as_of",
        "a",
        "b",
        "c",
        "d",
        "sdr_screen",
    ),
    "quarters": ("quarter", "archive_sha256"),
    "codelists": ("list", "sha256"),
    "pair_cases": ("drug", "event_level", "event", "caseid", "primaryid", "quarter"),
}

_CELLS: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("comparator", "drug_level", "drug")),
        *((name, pa.string()) for name in ("event_level", "event")),
        *((name, pa.int64()) for name in "abcd"),
        ("is_flagged", pa.bool_()),
    ]
)

_CASES: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("drug", "event")),
        ("caseid", pa.int64()),
        ("primaryid", pa.int64()),
        ("quarter_no", pa.int16()),
    ]
)

_QUARTERS: Final = pa.schema([("base_no", pa.int16()), ("now_no", pa.int16())])

_REVISION: Final = pa.schema(
    [("reason", pa.string()), ("n_reasons", pa.int64()), ("has_archives", pa.bool_())]
)

_RUN: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("from_run", "from_as_of", "to_as_of")),
        ("is_computed", pa.bool_()),
        ("differs", pa.string()),
        ("n_cells_revised", pa.int64()),
        ("note", pa.string()),
    ]
)

UNNAMED: Final = (
    "cells as of the previous quarter differ although no input up to it does: names "
    "that only later quarters use, or a program that changed without a new version; "
    "given as vocabulary"
)


@dataclass(frozen=True)
class Previous:
    """What the previous run published.

    Attributes
    ----------
    inputs
        What it was a function of.
    cells
        ``comparator``, ``drug_level``, ``drug``, ``event_level``, ``event``, ``a``,
        ``b``, ``c``, ``d``, ``is_flagged``; groups and supergroups at its quarter.
    cases
        ``drug``, ``event``, ``caseid``, ``primaryid``, ``quarter_no``; the cases of a
        in comparator A.
    """

    inputs: RunInputs
    cells: pa.Table
    cases: pa.Table


@dataclass(frozen=True)
class NotCompared:
    """No changes, and why; `run` and `as_of` of the previous run where known."""

    note: str
    run: str | None = None
    as_of: str | None = None


def previous_file(settings: Settings, analysis_name: str) -> Path | None:
    """File of the last complete run that was published; None where there is none.

    The ledger names the run, as its head is part of a run's identity. The file may be
    gone: only the last ones are kept.
    """
    records = ledger.read_ledger(settings.ledger_path(analysis_name))
    runs = [record for record in records if record.kind == "run"]
    if not runs:
        return None
    name = f"pvsignal_{runs[-1].as_of}_{runs[-1].run}.duckdb"
    return settings.published_dir(analysis_name) / name


def judge_changes(
    con: warehouse.Connection, inputs: Inputs, *, previous: Path | None, spill: Path
) -> None:
    """Store what each cell's change since the previous run is made of.

    ``signals.change``, ``signals.changed_case`` and ``signals.change_run``; the first
    two are empty where there is nothing to compare with, and the third says why.

    Parameters
    ----------
    con
        Warehouse with counts and statistics.
    inputs
        Of this run. A run on a part of what is held is compared with nothing.
    previous
        As `previous_file` gives it.
    spill
        Folder in which a query on that file may spill.
    """
    now = _inputs_of(con, inputs)
    found: Previous | NotCompared
    if not inputs.is_complete:
        found = NotCompared("a run as of an earlier quarter or on some of the quarters")
    elif previous is None:
        found = NotCompared("no run of this analysis was published before")
    elif not previous.exists():
        found = NotCompared("the file of the previous run was removed")
    else:
        found = read_previous(previous, spill=spill)
    store_changes(con, found, now=now)


def read_previous(file: Path, *, spill: Path) -> Previous | NotCompared:
    """What a published file says, or why it cannot be compared with."""
    try:
        with warehouse.connect_readonly(file, temp_dir=spill) as con:
            return _read(con)
    except (duckdb.IOException, duckdb.SerializationException):
        # No path and no text of DuckDB's: the note is published.
        return NotCompared("the file of the previous run cannot be read")


def _read(con: warehouse.Connection) -> Previous | NotCompared:
    missing = _missing(con)
    if missing:
        return NotCompared(
            "the previous run was published by an older version, without "
            + ", ".join(missing)
        )
    (run,) = warehouse.query_rows(
        con, f"select {', '.join(_NEEDED['runs'])} from api.runs"
    )
    archives = warehouse.query_rows(
        con,
        "select distinct quarter, archive_sha256 from api.quarters "
        "order by quarter, archive_sha256",
    )
    lists = warehouse.query_rows(con, "select list, sha256 from api.codelists")
    cells = warehouse.query_arrow(
        con,
        "select history.comparator, history.drug_level, history.drug, "
        "history.event_level, history.event, history.a, history.b, history.c, "
        "history.d, history.sdr_screen as is_flagged "
        "from api.signal_history as history "
        "inner join api.runs as runs on history.as_of = runs.as_of "
        "where history.event_level in ('group', 'supergroup')",
    )
    cases = warehouse.query_arrow(
        con,
        "select drug, event, caseid, primaryid, quarter from api.pair_cases "
        "where event_level in ('group', 'supergroup')",
    )
    return Previous(
        RunInputs(
            run=run["run"],
            as_of=Quarter.parse(run["as_of"]),
            origin=run["origin"],
            analysis=run["analysis"],
            analysis_sha256=run["analysis_sha256"],
            codelists_sha256=run["codelists_sha256"],
            staging_version=run["staging_version"],
            linkage_version=run["linkage_version"],
            pvsignal_version=run["pvsignal_version"],
            meddra_sha256=run["meddra_sha256"] or "",
            archives={
                Quarter.parse(row["quarter"]).ordinal: row["archive_sha256"]
                for row in archives
            },
            lists={row["list"]: row["sha256"] for row in lists},
        ),
        cells.cast(_CELLS),
        _numbered(cases),
    )


def store_changes(
    con: warehouse.Connection, found: Previous | NotCompared, *, now: RunInputs
) -> None:
    """Compare this run's counts with those that were published before.

    Parameters
    ----------
    con
        Warehouse with counts and statistics.
    found
        The previous run.
    now
        Inputs of this run.
    """
    if isinstance(found, Previous):
        refused = not_comparable(found.inputs, now)
        if refused:
            found = NotCompared(refused, found.inputs.run, str(found.inputs.as_of))
    if isinstance(found, NotCompared):
        _load(con, "compared_quarter", _QUARTERS.empty_table())
        _load(con, "revision", _REVISION.empty_table())
        _load(con, "changed_archive", _archive_table(()))
        _load(con, "before_cell", _CELLS.empty_table())
        _load(con, "before_case", _CASES.empty_table())
    else:
        _load_previous(con, found, now)
    warehouse.run_models(con, ["changes"], values={})
    _load(con, "change_run", _run_table(con, found, now))


def _load_previous(
    con: warehouse.Connection, previous: Previous, now: RunInputs
) -> None:
    before = previous.inputs
    differing = differences(before, now)
    base = max(no for no in now.archives if no <= before.as_of.ordinal)
    quarters = {"base_no": base, "now_no": now.as_of.ordinal}
    _load(con, "compared_quarter", pa.Table.from_pylist([quarters], schema=_QUARTERS))
    revision = {
        "reason": differing.reasons[0] if differing.reasons else "vocabulary",
        "n_reasons": len(differing.reasons),
        "has_archives": "archives" in differing.reasons,
    }
    _load(con, "revision", pa.Table.from_pylist([revision], schema=_REVISION))
    _load(con, "changed_archive", _archive_table(differing.archives))
    _load(con, "before_cell", previous.cells)
    _load(con, "before_case", previous.cases)


def _run_table(
    con: warehouse.Connection, found: Previous | NotCompared, now: RunInputs
) -> pa.Table:
    (revised,) = warehouse.query_rows(
        con,
        "select count(*) as n from signals.cell_change "
        "where archives <> 0 or vocabulary <> 0 or code_lists <> 0",
    )
    n_revised = int(revised["n"])
    row: dict[str, object]
    if isinstance(found, NotCompared):
        row = {
            "from_run": found.run,
            "from_as_of": found.as_of,
            "is_computed": False,
            "note": f"not computed: {found.note}",
        }
    else:
        differing = differences(found.inputs, now)
        row = {
            "from_run": found.inputs.run,
            "from_as_of": str(found.inputs.as_of),
            "is_computed": True,
            "differs": "; ".join(differing.words) or None,
            "n_cells_revised": n_revised,
            "note": _note(differing, n_revised),
        }
    return pa.Table.from_pylist([{**row, "to_as_of": str(now.as_of)}], schema=_RUN)


def _note(differing: Differences, n_revised: int) -> str | None:
    """What a reader must know of the parts; None where they speak for themselves."""
    if n_revised and not differing.reasons:
        return f"{n_revised:,} {UNNAMED}"
    if len(differing.reasons) > 1:
        return (
            "more than one kind of input differs: what cannot be told apart stands "
            f"under {differing.reasons[0].replace('_', ' ')} and is marked"
        )
    return None


def _inputs_of(con: warehouse.Connection, inputs: Inputs) -> RunInputs:
    archives = warehouse.query_rows(
        con,
        "select archive.quarter_no, archive.archive_sha256 "
        "from source.archive as archive inner join cases.held_quarter as held "
        "on archive.quarter_no = held.quarter_no",
    )
    return RunInputs(
        run="",
        as_of=inputs.as_of,
        origin=inputs.origin,
        analysis=inputs.analysis.name,
        analysis_sha256=inputs.analysis.sha256,
        codelists_sha256=codelists.codelists_hash(inputs.lists),
        staging_version=staging.staging_version(),
        linkage_version=duplicates.linkage_version(),
        pvsignal_version=__version__,
        meddra_sha256=inputs.meddra.sha256 if inputs.meddra else "",
        archives={row["quarter_no"]: row["archive_sha256"] for row in archives},
        lists={name: one.sha256 for name, one in inputs.lists.files.items()},
    )


def _missing(con: warehouse.Connection) -> list[str]:
    """Views and columns that are needed and not there, as ``api.view.column``."""
    rows = warehouse.query_rows(
        con,
        "select table_name, column_name from information_schema.columns "
        "where table_schema = 'api'",
    )
    held = {(row["table_name"], row["column_name"]) for row in rows}
    return [
        f"api.{view}.{column}"
        for view, columns in _NEEDED.items()
        for column in columns
        if (view, column) not in held
    ]


def _numbered(cases: pa.Table) -> pa.Table:
    ordinals = {
        text: Quarter.parse(text).ordinal
        for text in cases["quarter"].unique().to_pylist()
    }
    numbers = [ordinals[text] for text in cases["quarter"].to_pylist()]
    return (
        cases.drop_columns("quarter")
        .append_column("quarter_no", pa.array(numbers, pa.int16()))
        .cast(_CASES)
    )


def _archive_table(ordinals: tuple[int, ...]) -> pa.Table:
    return pa.table({"quarter_no": pa.array(ordinals, pa.int16())})


def _load(con: warehouse.Connection, name: str, table: pa.Table) -> None:
    warehouse.load_arrow(con, f"signals.{name}", table)
