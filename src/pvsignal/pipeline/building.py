"""Staged quarters and code lists become the warehouse: cases, cohort, counts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pandas as pd

from pvsignal import codelists, warehouse
from pvsignal.codelists import Codelists
from pvsignal.errors import UsageError
from pvsignal.pipeline.dictionary_events import event_tables
from pvsignal.pipeline.inputs import Inputs
from pvsignal.progress import NoProgress, Progress
from pvsignal.settings import Settings


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
class Built:
    """The warehouse is built; what its checks and its litigated drugs came to."""

    inputs: Inputs
    notes: tuple[Note, ...]
    litigated: tuple[Litigated, ...]
    n_reports: int

    def findings(self) -> tuple[str, ...]:
        """Lines for a person: re-issues, notes of the checks, litigated reports."""
        reissues = self.inputs.staged.reissues
        return tuple(map(str, (*reissues, *self.notes, *self.litigated)))


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


def built_before(settings: Settings, inputs: Inputs) -> Built:
    """Warehouse that was built from these inputs, for the single commands.

    Raises
    ------
    UsageError
        If there is none, or it was built from other inputs.
    """
    with open_warehouse(settings) as con:
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
        int(reports[0]["n"]),
    )


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
    return pd.DataFrame({"inputs": [inputs.identity]})


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
    frames["codelists.event_term"] = pd.concat(
        [
            codelists.events_of_terms(terms, lists),
            codelists.markers_of_terms(terms, lists),
        ]
    )
    frames |= _event_frames(con, inputs)
    for name, frame in frames.items():
        warehouse.load_frame(con, name, frame)


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
        "codelists.meddra_term": own.terms,
        "codelists.litigated_event": pd.concat(
            [
                litigated,
                codelists.litigated_markers(litigated, lists),
                own.litigated,
            ]
        ),
    }


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
