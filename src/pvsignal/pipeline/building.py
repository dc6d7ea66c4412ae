"""Staged quarters and code lists become the warehouse: cases, cohort, counts."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from pvsignal import codelists, duplicates, warehouse
from pvsignal.codelists import Codelists
from pvsignal.errors import CheckFailed, UsageError
from pvsignal.layout import gates
from pvsignal.pipeline.dictionary_events import event_tables
from pvsignal.pipeline.inputs import Inputs
from pvsignal.pipeline.label_texts import label_text_tables
from pvsignal.pipeline.variants import variant_tables
from pvsignal.progress import NoProgress, Progress
from pvsignal.quarter import Quarter
from pvsignal.settings import Settings
from pvsignal.sources import manifest


@dataclass(frozen=True)
class Note:
    """A check that does not block and returned rows."""

    name: str
    title: str
    n_rows: int

    def __str__(self) -> str:
        return f"{self.name}: {self.n_rows} rows: {self.title}"


@dataclass(frozen=True)
class Litigated:
    """Current reports that name a litigated ingredient as suspect, by receipt year.

    An ingredient without any is a finding: its pattern may be wrong.
    """

    ingredient: str
    by_year: tuple[tuple[int, int], ...]

    def __str__(self) -> str:
        years = ", ".join(f"{year} {n:,}" for year, n in self.by_year)
        return f"litigated {self.ingredient}: {years or 'matches no report'}"


@dataclass(frozen=True)
class Duplicates:
    """Current reports of the population that are left out as suspected duplicates."""

    n_reports: int
    n_duplicates: int

    def __str__(self) -> str:
        share = self.n_duplicates / self.n_reports if self.n_reports else 0.0
        return (
            f"suspected duplicates: {self.n_duplicates:,} of {self.n_reports:,} "
            f"reports ({share:.1%}) are left out"
        )


@dataclass(frozen=True)
class Built:
    """The warehouse is built; what its checks and its litigated drugs came to."""

    inputs: Inputs
    notes: tuple[Note, ...]
    litigated: tuple[Litigated, ...]
    duplicates: Duplicates
    n_reports: int

    def findings(self) -> tuple[str, ...]:
        """Lines for a person: re-issues, notes of the checks, what left and why."""
        reissues = self.inputs.staged.reissues
        return tuple(
            map(str, (*reissues, *self.notes, self.duplicates, *self.litigated))
        )


_FIRST: Final = ("macros", "staged")
# These read no code list.
WITHOUT_VOCABULARY: Final = ("cases", "gates")


def build(
    settings: Settings, inputs: Inputs, *, progress: Progress | None = None
) -> Built:
    """Rebuild the warehouse from the staged quarters: cases, cohort, counts.

    Raises
    ------
    ModelError
        If a model fails.
    CheckFailed
        If a blocking check returns rows, or the duplicate model would compare too many
        pairs.
    """
    listener = progress or NoProgress()
    linked = _link(settings, inputs, listener)
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
        warehouse.register_staged(con, list(_staged_folders(settings, inputs).values()))
        warehouse.register_parquet(con, "source.link", linked.files)
        warehouse.register_parquet(con, "source.looser_link", linked.looser_files)
        warehouse.load_frame(con, "source.archive", _archive_frame(inputs))
        warehouse.load_frame(con, "source.build", _build_frame(inputs))
        load_gates(con, inputs.known_counts)

        def run(own: warehouse.Connection, groups: Sequence[str]) -> None:
            warehouse.run_models(own, groups, values=values, on_model=on_model)

        def run_cases(own: warehouse.Connection) -> None:
            run(own, WITHOUT_VOCABULARY)
            _load_clusters(own)

        run(con, _FIRST)
        # Names are matched in Python, on one processor.
        warehouse.side_by_side(
            con, lambda own: _load_vocabulary(own, inputs), run_cases
        )
        done = {*_FIRST, *WITHOUT_VOCABULARY}
        run(con, [group for group in warehouse.MODELS if group not in done])
        checks = warehouse.run_checks(con, origin=inputs.origin)
        warehouse.load_arrow(con, "source.check_row", warehouse.check_row_table(checks))
        warehouse.load_arrow(con, "source.check_result", warehouse.check_table(checks))
    # The rows of what blocks stand in the warehouse before the message names them.
    blocked = {one.name: one.n_rows for one in checks if one.effect == "blocked"}
    if blocked:
        manifest.write_json(settings.blocked_path, {"checks": blocked})
    else:
        settings.blocked_path.unlink(missing_ok=True)
    warehouse.require_passed(checks, rows_at=_rows_command(settings))
    listener.finish()
    return built_before(settings, inputs)


def built_before(settings: Settings, inputs: Inputs) -> Built:
    """Warehouse that was built from these inputs, for the single commands.

    Raises
    ------
    UsageError
        If there is none, or it was built from other inputs.
    CheckFailed
        If a check blocked it.
    """
    with open_warehouse(settings) as con:
        if not warehouse.has_table(con, "source.check_result") or warehouse.query_rows(
            con, "select inputs from source.build"
        ) != [{"inputs": inputs.identity}]:
            raise UsageError(
                f"the warehouse in {settings.data_dir} was not built whole from these "
                "inputs; run 'pvsignal build' again"
            )
        blocked = warehouse.query_rows(
            con,
            "select name, n_rows from source.check_result "
            "where effect = 'blocked' order by name",
        )
        if blocked:
            found = {row["name"]: row["n_rows"] for row in blocked}
            raise CheckFailed(_blocked_statement(settings, found))
        notes = warehouse.query_rows(
            con,
            "select name, title, n_rows from source.check_result "
            "where effect = 'note' order by name",
        )
        (reports,) = warehouse.query_rows(
            con,
            "select count(*) as n_reports, count(duplicate.caseid) as n_duplicates "
            "from cohort.report as report left join cases.suspected_duplicate as "
            "duplicate using (quarter_no, primaryid, caseid) "
            "where report.known_until is null",
        )
        litigated = warehouse.query_rows(
            con,
            "select ingredient, received_year as year, n_reports as n "
            "from counts.litigated_year order by ingredient, received_year",
        )
    by_ingredient = {
        name: tuple((row["year"], row["n"]) for row in rows if row["year"])
        for name, rows in groupby(litigated, key=lambda row: row["ingredient"])
    }
    return Built(
        inputs,
        tuple(Note(**note) for note in notes),
        tuple(Litigated(name, years) for name, years in by_ingredient.items()),
        Duplicates(**reports),
        int(reports["n_reports"]),
    )


def _staged_folders(settings: Settings, inputs: Inputs) -> dict[Quarter, Path]:
    return {
        archive.quarter: settings.staged_dir / str(archive.quarter) / key
        for archive, key in zip(inputs.staged.archives, inputs.staged.keys, strict=True)
    }


def _link(settings: Settings, inputs: Inputs, listener: Progress) -> duplicates.Linked:
    """Links of the quarters up to as_of, made now where they are not there."""
    staged = _staged_folders(settings, inputs)
    return duplicates.link_quarters(
        settings.duplicates_dir,
        {quarter: staged[quarter] for quarter in inputs.quarters},
        countries=inputs.lists["countries"].table,
        threads=settings.threads,
        memory_limit=settings.memory_limit,
        progress=listener,
    )


def _load_clusters(con: warehouse.Connection) -> None:
    """Clusters of the links that hold at as_of, as ``source.duplicate_cluster``."""
    links = warehouse.query_rows(
        con,
        "select caseid, kept_caseid, match_weight from cases.link "
        "where known_until is null",
    )
    found = duplicates.clusters(
        ((row["caseid"], row["kept_caseid"], row["match_weight"]) for row in links),
        most=duplicates.load_model().decision.max_cluster,
    )
    sizes = Counter(found.values())
    warehouse.load_arrow(
        con,
        "source.duplicate_cluster",
        pa.table(
            {
                "caseid": pa.array(list(found), pa.int64()),
                "cluster": pa.array(list(found.values()), pa.int64()),
                "n_cases": pa.array([sizes[c] for c in found.values()], pa.int32()),
            }
        ),
    )


def blocked_before(settings: Settings) -> tuple[str, ...]:
    """Line for a person that the last build was blocked; empty where it was not."""
    if not settings.blocked_path.exists():
        return ()
    checks = json.loads(settings.blocked_path.read_text("utf-8"))["checks"]
    return (_blocked_statement(settings, checks),)


def _blocked_statement(settings: Settings, n_rows: Mapping[str, int]) -> str:
    names = ", ".join(
        f"{name} ({n:,} {'row' if n == 1 else 'rows'})" for name, n in n_rows.items()
    )
    return (
        f"the last build was blocked by {names}, nothing was published; "
        f"{warehouse.rows_kept_of(n_rows.values())}: {_rows_command(settings)}"
    )


def _rows_command(settings: Settings) -> str:
    """Command that shows the rows of the checks of this data directory."""
    command = 'pvsignal sql --warehouse "from source.check_row"'
    if settings.data_dir == Settings.model_fields["data_dir"].default:
        return command
    return f"{command} --data-dir {shlex.quote(str(settings.data_dir))}"


@contextmanager
def open_warehouse(settings: Settings) -> Iterator[warehouse.Connection]:
    """Writable connection to the warehouse that was built.

    Raises
    ------
    UsageError
        If there is none.
    """
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


def _build_frame(inputs: Inputs) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "inputs": [inputs.identity],
            "origin": [inputs.origin],
            "analysis": [inputs.analysis.name],
        }
    )


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
            "n_bytes": [a.n_bytes for a in inputs.staged.archives],
            "archive_url": [
                a.url if inputs.origin == "fda" else "" for a in inputs.staged.archives
            ],
        }
    )


def load_gates(con: warehouse.Connection, known: Sequence[gates.KnownCount]) -> None:
    """Store what the quarters are held against: bounds, known counts, codes."""
    frames = {
        "gates.bound": pd.DataFrame({b.name: [b.value] for b in gates.bounds()}),
        "gates.known_count": pd.DataFrame(
            [
                {
                    "quarter_no": count.quarter.ordinal,
                    "table_name": count.table,
                    "n_rows": count.n,
                    "known_from": count.known_from,
                    "known_reason": count.reason,
                }
                for count in known
            ]
        ),
        "gates.code": pd.DataFrame(
            [
                {
                    "table_name": known.table,
                    "column_name": known.column,
                    "code": known.code,
                    "first_quarter": str(known.first or ""),
                    "first_quarter_no": known.first.ordinal if known.first else 0,
                    "last_quarter": str(known.last or ""),
                    "last_quarter_no": known.last.ordinal if known.last else 32767,
                    "watch": known.watch,
                }
                for known in gates.codes()
            ]
        ),
    }
    for name, frame in frames.items():
        warehouse.load_frame(con, name, frame)


def _load_vocabulary(con: warehouse.Connection, inputs: Inputs) -> None:
    """Match every distinct string once and store the code lists as small tables."""
    lists, analysis = inputs.lists, inputs.analysis
    frames = {
        "codelists.list": _list_frame(lists),
        "codelists.therapy": lists["therapies"].table,
        "codelists.country": lists["countries"].table,
        "codelists.reporter": lists["reporters"].table,
        "codelists.control": codelists.control_pairs(lists),
        "codelists.drug_member": codelists.drug_members(lists),
        "codelists.therapy_class": codelists.therapy_classes(lists),
        "codelists.reference_member": codelists.reference_members(
            lists, codelists.reference_therapies(lists, analysis.reference_class)
        ),
        "codelists.litigated_ingredient": lists["litigated_drugs"]
        .table[["ingredient"]]
        .drop_duplicates(),
        "codelists.name_match": codelists.match_names(
            _distinct(con, ["staged.drug.drugname", "staged.drug.prod_ai"]), lists
        ),
        "codelists.clean_name": codelists.clean_names(
            _distinct(con, ["staged.drug.drugname"]), lists
        ),
        "codelists.ingredient": codelists.ingredients(
            _distinct(con, ["staged.drug.prod_ai"]), lists
        ),
        "codelists.route_match": codelists.match_routes(
            _distinct(con, ["staged.drug.route"]), lists
        ),
        "analysis.role": _column("role_cod", analysis.roles),
        "analysis.review_part": _column("part", analysis.review_set),
        "analysis.sentinel_event": _column(
            "event", codelists.sentinel_events(lists, analysis.emerging.sentinel_events)
        ),
        "analysis.headline_event": _column("event", analysis.headlines),
        "analysis.event_list": _column("event_list", tuple(analysis.events)),
        "analysis.novelty_class": _column(
            "drug", tuple(codelists.CLASS_PREFIX + x for x in analysis.novelty.classes)
        ),
        **variant_tables(analysis, lists),
    }
    terms = codelists.classify_terms(
        _distinct(con, ["staged.reac.pt_term", "staged.indi.indi_term"]), lists
    )
    frames["codelists.term"] = terms
    frames["codelists.event_term"] = pd.concat(
        [
            codelists.events_of_terms(terms, lists),
            codelists.markers_of_terms(terms, lists),
        ]
    )
    frames |= _event_frames(con, inputs)
    for name, frame in frames.items():
        warehouse.load_frame(con, name, frame)
    load_labelling(con, lists)
    for name, table in label_text_tables(inputs.label_texts, lists).items():
        warehouse.load_arrow(con, name, table)


def _event_frames(con: warehouse.Connection, inputs: Inputs) -> dict[str, pd.DataFrame]:
    """Events of the code lists, their markers, and those of a user's own MedDRA."""
    lists = inputs.lists
    litigated = codelists.litigated_events(lists, inputs.analysis.litigated_certainty)
    own = event_tables(
        inputs.meddra,
        _distinct(con, ["staged.reac.pt_term"]) if inputs.meddra else [],
        lists=lists,
        litigated=litigated,
    )
    markers = codelists.marker_catalogue(lists).drop(columns="watched_event")
    return {
        "codelists.event": pd.concat(
            [codelists.event_catalogue(lists), markers, own.events]
        ),
        "codelists.event_sex": codelists.sexes_of_events(lists),
        "codelists.meddra_term": own.terms,
        "codelists.litigated_event": pd.concat(
            [
                litigated,
                codelists.litigated_markers(litigated, lists),
                own.litigated,
            ]
        ),
    }


_INTEGERS: Final = ("label_no", "date_no", "known_from_no", "first_no", "last_no")
_DATES: Final = ("known_from_date", "first_day", "last_day", "window_last_day")


def load_labelling(con: warehouse.Connection, lists: Codelists) -> None:
    """Store what labels say since when, and the dates of notoriety."""
    for name, frame in (
        ("codelists.label_date", codelists.label_dates(lists)),
        ("codelists.label_cover", codelists.label_covers(lists)),
        ("codelists.supergroup_member", codelists.supergroup_members(lists)),
        ("codelists.notoriety_date", codelists.notoriety_dates(lists)),
        ("codelists.notoriety_drug", codelists.notoriety_drugs(lists)),
    ):
        types = {
            **dict.fromkeys(_INTEGERS, pa.int32()),
            **dict.fromkeys(_DATES, pa.date32()),
        }
        schema = pa.schema([(c, types.get(c, pa.string())) for c in frame.columns])
        table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
        warehouse.load_arrow(con, name, table)


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


def _column(name: str, values: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame({name: list(values)}, dtype=str)


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
            for name, item in sorted(lists.files.items())
        ]
    )
