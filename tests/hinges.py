"""Small histories of reports, what the checks find in them, and slow counting.

Cases are those of `tests.over_time`, with two drugs of one class, reference therapies
and litigated ingredients. `judged` makes the tables of the cohort, runs the models and
stores the statistics; the functions after it count case by case.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
from hypothesis import strategies as st

from pvsignal import warehouse
from pvsignal.analysis import Analysis, Evaluable, Thresholds, load_analysis
from pvsignal.pipeline.scoring.cells import score_cells
from pvsignal.pipeline.scoring.year_stratified import score_year_stratified
from pvsignal.stats import information_component, twobytwo
from tests.over_time import FIRST, MODELS, Event, Stay, _table

E, ANY_E = ("group", "e"), ("supergroup", "any_e")
CLASS = "class:xy"
MEMBERS = {"x": {"x"}, "y": {"y"}, CLASS: {"x", "y"}}
# What each drug is compared with; r and s are compared with only.
REFERENCES = {"x": {"y", "r", "s"}, "y": {"r", "s"}, CLASS: {"r", "s"}}
# Litigated ingredients of each event and the years of receipt in which they count.
LITIGATED: dict[Event, dict[str, tuple[int, int]]] = {
    E: {"i": (2010, 2030), "j": (2015, 2016)},
    ANY_E: {},
}
# So low that a handful of reports crosses.
# Few reports are enough to be judged in B and C.
ALWAYS = Evaluable(bc_min_expected=0, bc_min_reference_cases=0)
LOW = Thresholds(min_reports=2, ror_low_min=0.15, ic025_min=-2.5)
N_QUARTERS = 5


@dataclass(frozen=True)
class Told(Stay):
    """A stay of a report that may name litigated ingredients."""

    ingredients: frozenset[str] = frozenset()

    def names(self, drug: str) -> bool:
        return bool(self.drugs & MEMBERS[drug])

    def stimulated(self, event: Event) -> set[str]:
        """Ingredients for which the report leaves the cells of the event."""
        return {
            name
            for name, (first, last) in LITIGATED[event].items()
            if name in self.ingredients and first <= self.year <= last
        }


@dataclass(frozen=True)
class Looser:
    """A time in which a report is loosely linked to a smaller case."""

    number: int
    weight: float
    start: int
    end: int | None

    def covers(self, stay: Stay, quarter: int) -> bool:
        within = self.start <= quarter and (self.end is None or self.end > quarter)
        return stay.number == self.number and within


@st.composite
def histories(draw: st.DrawFn) -> list[Told]:
    """Cases with one or two versions, some of which end."""
    found = []
    last = FIRST + N_QUARTERS - 1
    for caseid in range(1, draw(st.integers(25, 60))):
        year = draw(st.sampled_from([2014, 2015, 2016]))
        start = draw(st.integers(FIRST, last))
        cut = draw(st.none() | st.integers(start, last))
        spans = [(start, cut)] if cut != start else [(start, None)]
        if cut not in (None, start) and draw(st.booleans()):
            spans.append((cut, None))
        for version, (begin, end) in enumerate(spans, start=1):
            found.append(
                Told(
                    caseid,
                    start=begin,
                    end=end,
                    version=version,
                    year=year,
                    is_ms=draw(st.booleans()),
                    drugs=draw(
                        st.frozensets(st.sampled_from(["x", "y", "r", "s"]), max_size=2)
                    ),
                    events=draw(st.frozensets(st.sampled_from([E, ANY_E]), max_size=2)),
                    ingredients=draw(
                        st.sampled_from(
                            [frozenset()] * 3
                            + [frozenset("i"), frozenset("j"), frozenset("ij")]
                        )
                    ),
                )
            )
    return found


def loosely_linked(stays: Sequence[Told]) -> st.SearchStrategy[list[Looser]]:
    """Times in which some reports reach a weight below the threshold of a link."""
    quarters = st.integers(FIRST, FIRST + N_QUARTERS)
    spans = st.tuples(quarters, st.none() | quarters).filter(
        lambda span: span[1] is None or span[0] < span[1]
    )
    return st.lists(
        st.builds(
            lambda number, weight, span: Looser(number, weight, *span),
            st.sampled_from([s.number for s in stays]),
            st.sampled_from([-1.5, 0.0, 1.9]),
            spans,
        ),
        max_size=30,
    )


def litigated_entries(event: Event) -> str:
    listed = LITIGATED[event].items()
    return "|".join(f"{name}:{first}:{last}" for name, (first, last) in listed)


def litigation_set(event: Event) -> str:
    """Name of a set, which says nothing of its entries; empty where none leaves."""
    return f"set {list(LITIGATED).index(event)}" if LITIGATED[event] else ""


@contextmanager
def judged(
    stays: Sequence[Told],
    quarters: Sequence[int],
    *,
    looser: Sequence[Looser] = (),
    limits: Thresholds = LOW,
) -> Iterator[tuple[warehouse.Connection, Analysis]]:
    """Counts, statistics and screened pairs of what is known at the last quarter."""
    last = quarters[-1]
    known = [
        replace(s, end=s.end if s.end and s.end <= last else None)
        for s in stays
        if s.start <= last
    ]
    analysis = load_analysis().model_copy(
        update={"thresholds": limits, "evaluable": ALWAYS}
    )
    with warehouse.connect_memory() as con:
        for name, table in _cohort(known, quarters).items():
            warehouse.load_arrow(con, name, table)
        warehouse.load_arrow(con, "cases.looser_link", _looser(looser, known, last))
        for path in MODELS:
            warehouse.run_model(con, warehouse.read_model(path))
        score_year_stratified(con, limits)
        score_cells(con, analysis)
        warehouse.run_models(con, ["screened"], values={})
        yield con, analysis


def _key(stay: Stay, stays: Sequence[Stay]) -> tuple[int, int]:
    return min(s.start for s in stays if s.number == stay.number), stay.number


def _looser(looser: Sequence[Looser], stays: Sequence[Told], last: int):
    keys = {s.number: (*_key(s, stays), s.caseid) for s in stays}
    return _table(
        "quarter_no primaryid caseid match_weight known_from known_until",
        [
            (
                *keys[one.number],
                one.weight,
                one.start,
                one.end if one.end and one.end <= last else None,
            )
            for one in looser
            if one.number in keys and one.start <= last
        ],
    )


def _cohort(stays: Sequence[Told], quarters: Sequence[int]):
    ids = "quarter_no primaryid caseid"
    keyed = [(_key(s, stays), s) for s in stays]
    starts = {
        drug: min(s.start for s in stays if s.names(drug))
        for drug in MEMBERS
        if any(s.names(drug) for s in stays)
    }
    level = {drug: "class" if drug == CLASS else "substance" for drug in MEMBERS}
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
        "cohort.exposure": _table(
            "drug_level drug quarter_no primaryid",
            [
                (level[drug], drug, *key)
                for key, s in keyed
                for drug in MEMBERS
                if s.names(drug)
            ],
        ),
        "cohort.reference_exposure": _table(
            "therapy quarter_no primaryid",
            [(t, *key) for key, s in keyed for t in sorted(s.drugs - {"x"})],
        ),
        "codelists.reference_member": _table(
            "drug therapy",
            [(drug, t) for drug, ts in REFERENCES.items() for t in sorted(ts)],
        ),
        "codelists.drug_member": _table(
            "drug_level drug therapy",
            [(level[d], d, t) for d, ts in MEMBERS.items() for t in sorted(ts)],
        ),
        "cohort.outcome": _table(
            f"event_level event {ids} is_litigated",
            [
                (*event, *key, s.caseid, bool(s.stimulated(event)))
                for key, s in keyed
                for event in sorted(s.events)
            ],
        ),
        "cohort.litigated_report": _table(
            f"litigation_set {ids}",
            [
                (litigation_set(event), *key, s.caseid)
                for key, s in keyed
                for event in LITIGATED
                if s.stimulated(event)
            ],
        ),
        "cohort.litigated_record": _table(
            f"ingredient {ids} received_year",
            [
                (name, *key, s.caseid, s.year)
                for key, s in keyed
                for name in sorted(s.ingredients)
            ],
        ),
        "cohort.comparator_c": _table(
            f"drug {ids} is_exposed",
            [
                (drug, *key, s.caseid, s.names(drug))
                for key, s in keyed
                for drug in starts
                if s.names(drug) or s.drugs & REFERENCES[drug]
            ],
        ),
        "cohort.event": _table(
            "event_level event litigation_set litigated_entries",
            [
                (*event, litigation_set(event), litigated_entries(event))
                for event in LITIGATED
            ],
        ),
        "cohort.drug_start": _table(
            "drug_level drug first_quarter_no",
            [(level[drug], drug, quarter) for drug, quarter in starts.items()],
        ),
    }


# --- Slow counting


@dataclass(frozen=True)
class Limits:
    """Lower limits of a pair, with the reports of B and C; NaN where there is none."""

    ic025_year: float
    a_b: int
    ror_low_b: float
    a_c: int
    ror_low_c: float

    @property
    def by_b(self) -> bool:
        return self.a_b >= LOW.min_reports and self.ror_low_b > LOW.ror_low_min

    @property
    def by_c(self) -> bool:
        return self.a_c >= LOW.min_reports and self.ror_low_c > LOW.ror_low_min

    @property
    def clearance(self) -> float:
        """Distance in bits from the thresholds; NaN where B and C have no limit."""
        others = [
            math.log2(low / LOW.ror_low_min)
            for a, low in ((self.a_b, self.ror_low_b), (self.a_c, self.ror_low_c))
            if a >= LOW.min_reports and low > 0
        ]
        if not others:
            return math.nan
        return min(self.ic025_year - LOW.ic025_min, max(others))

    @property
    def crosses(self) -> bool:
        in_a = self.ic025_year > LOW.ic025_min
        return in_a and (self.by_b or self.by_c)


def limits_of(
    stays: Sequence[Told],
    drug: str,
    event: Event,
    *,
    put_back: str | None = None,
) -> Limits:
    """Lower limits of a pair over some reports.

    `put_back` is the ingredient whose reports, litigated by it alone, count again.
    """
    held = [s for s in stays if s.stimulated(event) <= {put_back}]
    compared = [s for s in held if s.names(drug) or s.drugs & REFERENCES[drug]]
    expected = 0.0
    for year in {s.year for s in held}:
        a, b, c, d = cells_of([s for s in held if s.year == year], drug, event)
        expected += (a + b) * (a + c) / (a + b + c + d)
    (ic025,) = information_component(cells_of(held, drug, event)[0], expected).ic025
    found = []
    for population in ([s for s in held if s.is_ms], compared):
        cells = cells_of(population, drug, event)
        found += [cells[0], float(twobytwo.ror(*cells).low[0])]
    return Limits(float(ic025), *found)


def cells_of(stays: Sequence[Told], drug: str, event: Event) -> list[int]:
    """Cells a, b, c and d."""
    at = [(s.names(drug), event in s.events) for s in stays]
    return [at.count((k, e)) for k in (True, False) for e in (True, False)]


def same(one: float | None, other: float) -> bool:
    """Whether a stored value, NULL for none, is a counted one."""
    return bool(np.isnan(other)) if one is None else bool(np.isclose(one, other))


def reports(n: int, first: int, **said: object) -> list[Told]:
    """Reports that all say the same, known from the first quarter on."""
    return [Told(first + k, start=FIRST, **said) for k in range(n)]


def current(stays: Sequence[Told], quarter: int) -> list[Told]:
    return [s for s in stays if s.counts(quarter)]
