"""Cases as the cohort holds them, with the real counts and scores of what follows.

A `Stay` is a time in which a version of a case counts. `scored` makes the tables of the
cohort of some stays, runs the models of the counts and stores the statistics over time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pyarrow as pa

from pvsignal import warehouse
from pvsignal.analysis import Surveillance, load_analysis
from pvsignal.pipeline.scoring.contrast import score_contrast
from pvsignal.pipeline.scoring.surveillance import score_surveillance
from pvsignal.pipeline.scoring.year_stratified import score_year_stratified

Event = tuple[str, str]

FIRST = 8060
E, ANY_E, TERM = ("group", "e"), ("supergroup", "any_e"), ("pt", "E ONE")
# Events and the litigation set that leaves their cells.
EVENTS: dict[Event, str] = {E: "z", ANY_E: "", TERM: ""}
# A therapy that is compared with and not scored.
REFERENCE = "ref"
MODELS = (
    "3_cohort/counted_report",
    "4_counts/population_member",
    "4_counts/exposed_member",
    "4_counts/pair_member",
    "4_counts/interval",
    "4_counts/cumulative",
    "4_counts/margin",
    "4_counts/cell",
    "4_counts/unbroken_quarter",
    "4_counts/year_step",
    "4_counts/recent_step",
    "4_counts/older_step",
    "4_counts/aged",
    "4_counts/aged_cell",
    "4_counts/contrast_cell",
    "4_counts/entry_cell",
)


@dataclass(frozen=True)
class Stay:
    """A time in which a version of a case counts, and what it says.

    `start` and `end` are quarters, the end excluded; None while it still counts.
    """

    caseid: int
    start: int
    end: int | None = None
    version: int = 1
    year: int = 2015
    is_ms: bool = False
    drugs: frozenset[str] = frozenset()
    events: frozenset[Event] = frozenset()
    litigated: frozenset[str] = frozenset()
    reporter: str = "unknown"
    sex: str = "unknown"
    age_band: str = "unknown"

    @property
    def number(self) -> int:
        return self.caseid * 10 + self.version

    def counts(self, quarter: int) -> bool:
        return self.start <= quarter and (self.end is None or self.end > quarter)


TYPES = {
    **dict.fromkeys(("is_ms", "is_litigated", "is_aligned", "is_exposed"), pa.bool_()),
    **dict.fromkeys(
        ("quarter_no", "known_from", "known_until", "first_quarter_no"), pa.int16()
    ),
    **dict.fromkeys(("primaryid", "caseid", "received_year", "n_reports"), pa.int64()),
    "match_weight": pa.float64(),
}


def _table(columns: str, rows: Sequence[tuple[object, ...]] = ()) -> pa.Table:
    """Distinct rows as a table; columns are text but for those of `TYPES`."""
    schema = pa.schema(
        [(name, TYPES.get(name, pa.string())) for name in columns.split()]
    )
    distinct = dict.fromkeys(rows)
    return pa.Table.from_pylist(
        [dict(zip(schema.names, row, strict=True)) for row in distinct], schema=schema
    )


def cohort(stays: Sequence[Stay], quarters: Sequence[int]) -> dict[str, pa.Table]:
    """Tables that the counts read, of stays known at the last of the quarters."""
    starts: dict[str, int] = {}
    first: dict[int, int] = {}
    for stay in stays:
        first[stay.number] = min(stay.start, first.get(stay.number, stay.start))
        for drug in stay.drugs - {REFERENCE}:
            starts[drug] = min(stay.start, starts.get(drug, stay.start))
    ids = "quarter_no primaryid caseid"
    keyed = [((first[s.number], s.number), s) for s in stays]
    return {
        "analysis.variant": _table("variant is_aligned", [("primary", False)]),
        "analysis.variant_comparator": _table(
            "variant comparator", [("primary", name) for name in "ABC"]
        ),
        "cohort.variant_reference": _table(
            "variant drug", [("primary", drug) for drug in starts]
        ),
        "counts.variant_margin": _table(
            "variant measure comparator drug event_level event litigation_set n_reports"
        ),
        "cases.held_quarter": _table(
            "quarter quarter_no", [(f"q{q}", q) for q in quarters]
        ),
        "cases.counted": _table(
            f"{ids} known_from known_until",
            [(*key, s.caseid, s.start, s.end) for key, s in keyed],
        ),
        "cohort.report": _table(
            f"{ids} received_year is_ms",
            [(*key, s.caseid, s.year, s.is_ms) for key, s in keyed],
        ),
        "cohort.report_statement": _table(
            f"{ids} reporter sex age_band",
            [(*key, s.caseid, s.reporter, s.sex, s.age_band) for key, s in keyed],
        ),
        "cohort.exposure": _table(
            "drug_level drug quarter_no primaryid",
            [
                ("substance", drug, *key)
                for key, s in keyed
                for drug in s.drugs - {REFERENCE}
            ],
        ),
        "cohort.outcome": _table(
            f"event_level event {ids} is_litigated",
            [
                (*event, *key, s.caseid, EVENTS[event] in s.litigated)
                for key, s in keyed
                for event in s.events
            ],
        ),
        "cohort.litigated_report": _table(
            f"litigation_set {ids}",
            [(name, *key, s.caseid) for key, s in keyed for name in s.litigated],
        ),
        "cohort.comparator_c": _table(
            f"drug {ids}",
            [
                (drug, *key, s.caseid)
                for key, s in keyed
                for drug in (starts if REFERENCE in s.drugs else s.drugs)
            ],
        ),
        "cohort.event": _table(
            "event_level event litigation_set",
            [(*event, name) for event, name in EVENTS.items()],
        ),
        "cohort.drug_start": _table(
            "drug_level drug first_quarter_no",
            [("substance", drug, quarter) for drug, quarter in starts.items()],
        ),
    }


@contextmanager
def counted(
    stays: Sequence[Stay], quarters: Sequence[int], *, models: Sequence[str] = MODELS
) -> Iterator[warehouse.Connection]:
    """Counts of what is known at the last of the quarters."""
    last = quarters[-1]
    known = [
        replace(s, end=s.end if s.end and s.end <= last else None)
        for s in stays
        if s.start <= last
    ]
    with warehouse.connect_memory() as con:
        for name, table in cohort(known, quarters).items():
            warehouse.load_arrow(con, name, table)
        for path in models:
            warehouse.run_model(con, warehouse.read_model(path))
        yield con


@contextmanager
def scored(
    stays: Sequence[Stay], quarters: Sequence[int], *, plan: Surveillance
) -> Iterator[warehouse.Connection]:
    """Counts and statistics of what is known at the last of the quarters."""
    analysis = load_analysis().model_copy(update={"surveillance": plan})
    with counted(stays, quarters) as con:
        score_year_stratified(con, load_analysis().thresholds)
        score_contrast(con)
        score_surveillance(con, analysis)
        yield con


def rows(con: warehouse.Connection, sql: str) -> list[tuple[object, ...]]:
    """Rows of a query."""
    return [tuple(row.values()) for row in warehouse.query_rows(con, sql)]
