"""Plants suspected duplicates: one event under several case numbers, and near misses.

A copy is a case of its own that takes its patient, drugs and events from another case,
with one thing changed. What a pair is stands in ``truth/duplicates.csv``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd

from pvsignal.quarter import QuarterSpan
from pvsignal.simulate.cohorts import Cohort
from pvsignal.simulate.plants import DUPLICATED, Truth
from pvsignal.simulate.reports import PS, Reports, quarter_weights
from pvsignal.simulate.vocabulary import Flags, Ints, Vocabulary

DUPLICATE_SHARE, NEAR_MISS_SHARE = 0.012, 0.006
COPIES_OF_TRAP, COPIED_OF_SIGNAL = 6, 3
KEEP, ABSENT, MONTH = -1, 3, 1

# Control numbers after that of a case which copies of it may take.
MOST_SERIAL = 3
# kind: (share of the plants of its sort, copies of one report, explanation)
DUPLICATES = {
    "exact": (0.20, 1, "the same report from another company"),
    "same_number": (0.06, 1, "the same control number under another case"),
    "day_off": (0.12, 1, "event date some days off"),
    "month_only": (0.10, 1, "event date without its day"),
    "no_date": (0.06, 1, "event date missing"),
    "no_age": (0.08, 1, "age missing"),
    "no_sex_or_country": (0.06, 1, "sex and country missing"),
    "drug_dropped": (0.10, 1, "one drug not named"),
    "term_dropped": (0.10, 1, "one reaction not named"),
    "article": (0.08, 2, "one patient of an article, reported by three companies"),
    "undocumented": (0.04, 1, "neither date nor age: cannot be told from others"),
}
NEAR_MISSES = {
    "other_patient": (0.30, 1, "same drugs, reactions and day; another age and sex"),
    "family": (0.15, 1, "same drugs, day and country; another age, one reaction"),
    "twin": (0.15, 1, "same age, drugs and sender; another date and reaction"),
    "same_article": (0.20, 2, "other patients of an article"),
    "batch": (0.20, 3, "one sender's batch of one day, patients unknown"),
}


@dataclass(frozen=True)
class Copies:
    """What a copied case takes over and what it changes, one entry per case.

    Attributes
    ----------
    source
        Case whose patient a case shares, its own number where none.
    sender, number, article
        Case whose sender, control number or article it shares, -1 where none.
    serial
        Added to the control number of ``source``, `MOST_SERIAL` at most; 0 for none.
    is_known, is_company
        Age and sex must be known; must not be a direct report.
    days, precision
        Added to the event date; its precision (`KEEP`, `MONTH`, `ABSENT`).
    years, other_sex
        Added to the age; sex exchanged.
    hides_age, hides_sex, hides_country
        Fields that are missing.
    """

    source: Ints
    sender: Ints
    number: Ints
    article: Ints
    serial: Ints
    is_known: Flags
    is_company: Flags
    days: Ints
    precision: Ints
    years: Ints
    other_sex: Flags
    hides_age: Flags
    hides_sex: Flags
    hides_country: Flags

    @classmethod
    def none(cls, n: int) -> Copies:
        """Nothing is copied among ``n`` cases."""

        def flags() -> Flags:
            return np.zeros(n, dtype=np.bool_)

        def numbers(value: int) -> Ints:
            return np.full(n, value, dtype=np.int64)

        return cls(
            source=np.arange(n),
            sender=numbers(-1),
            number=numbers(-1),
            article=numbers(-1),
            serial=numbers(0),
            is_known=flags(),
            is_company=flags(),
            days=numbers(0),
            precision=numbers(KEEP),
            years=numbers(0),
            other_sex=flags(),
            hides_age=flags(),
            hides_sex=flags(),
            hides_country=flags(),
        )

    @classmethod
    def of(cls, cases: pd.DataFrame) -> Copies:
        """Nothing is copied; senders and articles are shared as the cases say."""
        sender, article = cases["sender"].to_numpy(), cases["article"].to_numpy()
        return replace(
            cls.none(len(cases)),
            sender=sender.copy(),
            article=article.copy(),
            is_known=cases["is_known"].to_numpy().copy(),
            is_company=(sender >= 0) | (article >= 0),
        )

    @property
    def is_copy(self) -> Flags:
        """Whether a case shares the patient or the data of another."""
        copied: Flags = self.source != np.arange(len(self.source))
        return copied


def n_copies(n_reports: int, span: QuarterSpan, cohort: Cohort) -> int:
    """Cases that `plant_copies` will add to the cohort."""
    plan = _plan(n_reports, span, cohort)
    return sum(n_sources * copies for n_sources, copies, _ in plan)


def _plan(
    n_reports: int, span: QuarterSpan, cohort: Cohort
) -> list[tuple[int, int, str]]:
    """Number of sources in the cohort, copies of each, and kind."""
    plan, weights = [], quarter_weights(span)
    for share, kinds in ((DUPLICATE_SHARE, DUPLICATES), (NEAR_MISS_SHARE, NEAR_MISSES)):
        for kind, (part, copies, _) in kinds.items():
            n_sources = max(1, round(n_reports * share * part / copies))
            plan.append((cohort.part(n_sources, weights), copies, kind))
    return plan


def plant_copies(
    rng: np.random.Generator,
    vocabulary: Vocabulary,
    reports: Reports,
    span: QuarterSpan,
    cohort: Cohort,
    *,
    n_reports: int,
    truth: Truth,
) -> tuple[Reports, Copies]:
    """Add copies to the reports of a cohort and say what each shares with its source.

    ``n_reports`` is the number of cases over the whole span, of which the cohort gets
    its part.

    Sources are plain reports without a neoplasm, so that a copy moves no planted pair,
    the reports of the trap ``duplicated``, and a few that make a planted signal, so
    that its count differs with and without them.
    """
    planter = _Planter(rng, vocabulary, reports, span)
    signal = [row["case"] for row in truth.cases if row["kind"] == "treated_event"]
    planter.first = [int(str(case)) for case in signal[:COPIED_OF_SIGNAL]]
    for case in [row["case"] for row in truth.cases if row["kind"] == DUPLICATED]:
        planter.plant("exact", int(str(case)), COPIES_OF_TRAP)
    for n_sources, copies, kind in _plan(n_reports, span, cohort):
        for _ in range(n_sources):
            planter.plant(kind, planter.source(kind), copies)
    truth.duplicates.extend(planter.truth)
    return planter.build()


@dataclass(frozen=True)
class _RowsOfCase:
    """Places of the rows of each case in a table, in the order of the table."""

    rows: Ints
    begins: Ints

    @classmethod
    def of(cls, case: Ints, n_cases: int) -> _RowsOfCase:
        """Places of the rows of ``n_cases`` cases."""
        counts = np.bincount(case, minlength=n_cases)
        begins = np.concatenate([[0], np.cumsum(counts)])
        return cls(np.argsort(case, kind="stable"), begins)

    def __getitem__(self, case: int) -> Ints:
        rows: Ints = self.rows[self.begins[case] : self.begins[case + 1]]
        return rows


class _Planter:
    """Collects copies one by one."""

    def __init__(
        self,
        rng: np.random.Generator,
        vocabulary: Vocabulary,
        reports: Reports,
        span: QuarterSpan,
    ) -> None:
        self.rng = rng
        self.vocabulary = vocabulary
        self.reports = reports
        self.n_quarters = len(span)
        self.n_sources = len(reports.cases)
        n = self.n_sources
        substance = pd.factorize(vocabulary.products["prod_ai"])[0]
        self.substance = substance[reports.drugs["product"].to_numpy()]
        named = reports.drugs["case"].to_numpy() * (int(substance.max()) + 1)
        named = np.unique(named + self.substance) // (int(substance.max()) + 1)
        self.n_drugs = np.bincount(named, minlength=n)
        self.n_events = np.bincount(reports.events["case"], minlength=n)
        taken = np.zeros(n, dtype=np.bool_)
        taken[reports.events.loc[reports.events["neoplasm"] >= 0, "case"]] = True
        is_free = ~reports.cases["special"].to_numpy() & ~taken
        self.order: Ints = rng.permutation(np.flatnonzero(is_free))
        self.is_left = np.ones(len(self.order), dtype=np.bool_)
        self.waiting: dict[tuple[int, int, int, int], Iterator[int]] = {}
        self.last = iter(range(len(self.order) - 1, -1, -1))
        self.drugs_of = _RowsOfCase.of(reports.drugs["case"].to_numpy(), n)
        self.events_of = _RowsOfCase.of(reports.events["case"].to_numpy(), n)
        self.sources: list[int] = []
        self.quarter_of = reports.cases["quarter"].to_numpy()
        self.role = reports.drugs["role"].to_numpy()
        self.quarters: list[int] = []
        self.drugs: list[Ints] = []
        self.events: list[Ints] = []
        self.injured: list[Ints] = []
        self.changes: dict[int, dict[str, int]] = {}
        self.truth: list[dict[str, object]] = []
        self.dated: set[int] = set()
        self.first: list[int] = []

    def source(self, kind: str) -> int:
        """Take a report that can be copied in this way."""
        if kind == "exact" and self.first:
            return self.first.pop()
        few = kind in NEAR_MISSES
        least_drugs = 2 if kind == "drug_dropped" else 1
        least_events = 2 if kind in ("term_dropped", "family", "twin") else 1
        most = 1 if kind == "batch" else 2 if few else 99
        sizes = (
            least_drugs,
            max(most, least_drugs),
            least_events,
            max(most, least_events),
        )
        if sizes not in self.waiting:
            self.waiting[sizes] = iter(self._places(*sizes).tolist())
        place = self._next_left(self.waiting[sizes])
        if place is None:
            place = self._next_left(self.last)
        if place is None:
            raise IndexError(f"no report is left to be copied as '{kind}'")
        self.is_left[place] = False
        return int(self.order[place])

    def _places(
        self, least_drugs: int, most_drugs: int, least_events: int, most_events: int
    ) -> Ints:
        """Places in the order of reports with so many drugs and events."""
        n_drugs, n_events = self.n_drugs[self.order], self.n_events[self.order]
        return np.flatnonzero(
            (n_drugs >= least_drugs)
            & (n_drugs <= most_drugs)
            & (n_events >= least_events)
            & (n_events <= most_events)
        )

    def _next_left(self, places: Iterator[int]) -> int | None:
        return next((place for place in places if self.is_left[place]), None)

    def plant(self, kind: str, source: int, copies: int) -> None:
        """Add the copies of a report and write down which pairs they make."""
        if kind != "undocumented":
            self.dated.add(source)
            self._change(source, is_known=1)
        if kind in ("same_number", "article", "same_article", "batch", "twin"):
            self._change(source, is_company=1)
        if kind in ("article", "same_article"):
            self._change(source, article=source, precision=ABSENT)
        if kind == "batch":
            self._change(source, hides_age=1, hides_sex=1)
        if kind == "undocumented":
            self._change(source, hides_age=1, precision=ABSENT)
        made = [self._copy(kind, source, number) for number in range(1, copies + 1)]
        self.truth += [
            {
                "kind": kind,
                "case": one,
                "other": other,
                "is_duplicate": kind in DUPLICATES,
                "explanation": {**DUPLICATES, **NEAR_MISSES}[kind][2],
            }
            for one, other in combinations((source, *made), 2)
        ]

    def _change(self, case: int, **what: int) -> None:
        self.changes.setdefault(case, {}).update(what)

    def _copy(self, kind: str, source: int, number: int) -> int:
        case = self.n_sources + len(self.sources)
        delay = int(self.rng.choice([0, 0, 1, 1, 2, 3]))
        quarter = int(self.quarter_of[source]) + delay
        self.sources.append(source)
        self.quarters.append(min(quarter, self.n_quarters - 1))
        drugs, events = self.drugs_of[source], self.events_of[source]
        if kind == "drug_dropped":
            drugs = self._without_one_drug(drugs)
        if kind == "term_dropped":
            events = events[1:]
        if kind == "family":
            events = events[:1]
        if kind == "twin":
            events = np.concatenate([events[1:], events[:1]])
        self.drugs.append(drugs)
        self.events.append(events)
        self.injured.append(np.zeros(len(events), dtype=np.bool_))
        if kind == "twin":
            self.injured[-1][-1] = True
        self._change(case, source=source, is_known=int(kind != "undocumented"))
        self._change(case, **self._changes_of(kind, source, number))
        return case

    def _without_one_drug(self, rows: Ints) -> Ints:
        """Drop a drug, with all its rows, that is not the primary suspect's."""
        names = self.substance[rows]
        primary = names[self.role[rows] == PS]
        others = names[~np.isin(names, primary)]
        return rows[names != others[-1]] if len(others) else rows

    def _changes_of(self, kind: str, source: int, number: int) -> dict[str, int]:
        rng = self.rng
        sign = int(rng.choice([-1, 1]))
        found: dict[str, dict[str, int]] = {
            "same_number": {"number": source, "sender": source, "is_company": 1},
            "day_off": {"days": sign * int(rng.integers(1, 4))},
            "month_only": {"precision": MONTH},
            "no_date": {"precision": ABSENT},
            "no_age": {"hides_age": 1},
            "no_sex_or_country": {"hides_sex": 1, "hides_country": 1},
            "article": {"article": source, "is_company": 1, "precision": ABSENT},
            "undocumented": {"hides_age": 1, "precision": ABSENT, "is_known": 0},
            "other_patient": {
                "years": sign * int(rng.integers(12, 30)),
                "other_sex": int(rng.random() < 0.5),
            },
            "family": {"years": sign * 27, "other_sex": int(rng.random() < 0.5)},
            "twin": {
                "days": sign * int(rng.integers(32, 90)),
                "other_sex": int(rng.random() < 0.5),
                "sender": source,
                "serial": 1,
                "is_company": 1,
            },
            "same_article": {
                "article": source,
                "is_company": 1,
                "precision": ABSENT,
                "years": number * 11 * sign,
                "other_sex": int(rng.random() < 0.5),
                "sender": source,
                "serial": number,
            },
            "batch": {
                "sender": source,
                "serial": number,
                "is_company": 1,
                "hides_age": 1,
                "hides_sex": 1,
            },
        }
        return found.get(kind, {})

    def build(self) -> tuple[Reports, Copies]:
        """Return the reports with the copies, and what the copies share."""
        old = self.reports
        quarters = np.array(self.quarters, dtype=np.int64)
        made = old.cases.iloc[self.sources].assign(quarter=quarters)
        cases = pd.concat([old.cases, made], ignore_index=True)
        touched = sorted(self.changes)
        cases.loc[touched, "special"] = True
        cases.loc[sorted(self.dated), "dated"] = True
        copies = Copies.of(cases)
        for case, what in self.changes.items():
            for name, value in what.items():
                getattr(copies, name)[case] = value
        return (
            Reports(
                cases,
                pd.concat(
                    [old.drugs, self._copied(old.drugs, self.drugs)], ignore_index=True
                ),
                pd.concat([old.events, self._copied_events()], ignore_index=True),
            ),
            copies,
        )

    def _copied_events(self) -> pd.DataFrame:
        """Events of the copies; the last of a twin's is another one."""
        events = self._copied(self.reports.events, self.events)
        injury = self.vocabulary.term("Injury")
        is_injured = np.concatenate([np.empty(0, np.bool_), *self.injured])
        return events.assign(term=events["term"].mask(is_injured, injury))

    def _copied(self, table: pd.DataFrame, rows: list[Ints]) -> pd.DataFrame:
        """Rows of a table, one copy after another, under the numbers of the copies."""
        numbers = self.n_sources + np.arange(len(rows))
        case = np.repeat(numbers, [len(one) for one in rows])
        taken = np.concatenate([np.empty(0, np.int64), *rows])
        return table.iloc[taken].assign(case=case)
