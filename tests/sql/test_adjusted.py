"""Adjusted statistics of reports drawn one by one: through the SQL and the score."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pvsignal import warehouse
from pvsignal.pipeline.scoring.adjusted import (
    NOT_FLAGGED,
    NOT_MODELLED,
    TOO_FEW,
    score_adjusted,
)
from pvsignal.stats import information_component

MODELS = (
    "3_cohort/variant_reference",
    "3_cohort/stratum_covariate",
    "4_counts/covariate_count",
    "4_counts/covariate_margin",
)

# Event: level, litigation set, sex in which it is judged.
EVENTS = {
    "skin": ("group", "", None),
    "colon": ("group", "z", None),
    "ovary": ("group", "", "female"),
    "marker:skin:test": ("marker", "", None),
}


@dataclass(frozen=True)
class Report:
    """One report; `drugs` of x (scored, begun in 2015) and ref, its reference."""

    drugs: str = ""
    events: str = ""
    year: int = 2020
    reporter: str = "professional"
    sex: str = "female"
    age_band: str = "40-49"
    region: str = "us"
    is_ms: bool = False
    is_litigated: bool = False

    @property
    def n_starts(self) -> int:
        return int(self.year >= 2015)

    def has(self, drug: str) -> bool:
        return drug in self.drugs.split()

    def in_population(self, comparator: str) -> bool:
        if comparator == "C":
            return self.n_starts > 0 and (self.has("x") or self.has("ref"))
        return comparator == "A" or self.is_ms

    def groups(self) -> Iterable[tuple[str, str, str, str]]:
        yield ("", "all", "", "")
        if self.has("x"):
            yield ("r", "drug", "x", "")
        if self.has("ref"):
            yield ("r", "reference", "", "ref")
        if self.has("x") and self.has("ref"):
            yield ("r", "both", "x", "ref")

    def event_rows(self) -> Iterable[tuple[str, str, str, str]]:
        yield ("", "", "no_event", "")
        if self.is_litigated:
            yield ("", "", "no_event", "z")
        for event in self.events.split():
            level, litigated, _ = EVENTS[event]
            yield (level, event, "counted", litigated if self.is_litigated else "")


def times(n: int, report: Report) -> list[Report]:
    return [report] * n


def cells(
    reports: Iterable[Report], comparator: str, event: str
) -> tuple[int, int, int, int]:
    """a, n_drug, n_event, n, report by report."""
    leaves = EVENTS[event][1] != ""
    counted = [
        report
        for report in reports
        if report.in_population(comparator) and not (leaves and report.is_litigated)
    ]
    with_event = [event in report.events.split() for report in counted]
    exposed = [report.has("x") for report in counted]
    both = sum(e and x for e, x in zip(with_event, exposed, strict=True))
    return both, sum(exposed), sum(with_event), len(counted)


def _tables(reports: Sequence[Report], flags: Sequence[str]) -> dict[str, pd.DataFrame]:
    traits = [
        "is_ms",
        "year",
        "n_starts",
        "reporter",
        "sex",
        "age_band",
        "region",
    ]
    strata = sorted({tuple(getattr(r, t) for t in traits) for r in reports})
    number = {stratum: n for n, stratum in enumerate(strata, start=1)}
    counted = Counter(
        (*group, *row, number[tuple(getattr(report, t) for t in traits)])
        for report in reports
        for group in report.groups()
        for row in report.event_rows()
    )
    stratum = pd.DataFrame(strata, columns=traits).rename(
        columns={"year": "received_year"}
    )
    stratum["stratum_no"] = list(number.values())
    pairs = [
        {
            "comparator": comparator,
            "drug_level": "substance",
            "drug": "x",
            "event_level": EVENTS[event][0],
            "event": event,
            **dict(
                zip(
                    ("a", "n_drug", "n_event", "n"),
                    cells(reports, comparator, event),
                    strict=True,
                )
            ),
        }
        for comparator, event in itertools.product("ABC", EVENTS)
    ]
    cell = pd.DataFrame(pairs).assign(variant="primary", quarter_no=10)
    expected = cell["n_drug"] * cell["n_event"] / cell["n"].clip(lower=1)
    return {
        "cohort.stratum": stratum,
        "cohort.population_stratum": stratum[
            ["stratum_no", "is_ms", "n_starts"]
        ].assign(population="p"),
        "counts.stratum_count": pd.DataFrame(
            [(*key, n) for key, n in counted.items()],
            columns=[
                *("role_set", "report_group", "drug", "pattern", "event_level"),
                *("event", "event_use", "litigation_set", "stratum_no", "n_reports"),
            ],
        ),
        "analysis.variant": _row(
            variant="primary", selection="s", is_aligned=False, reference="platform"
        ),
        "analysis.variant_comparator": pd.DataFrame(
            {"variant": "primary", "comparator": list("ABC")}
        ),
        "analysis.selection": _row(
            selection="s",
            population="p",
            role_set="r",
            indication_rule="standard",
            counts_litigated=False,
        ),
        "analysis.event_use": pd.DataFrame(
            {"indication_rule": "standard", "event_use": ["no_event", "counted"]}
        ),
        "analysis.reference_of": _row(
            reference="platform", drug="x", reference_set="refs"
        ),
        "cohort.pattern_reference": _row(pattern="ref", reference_set="refs"),
        "cohort.drug_start": _row(drug="x", start_no=1),
        "cohort.event": pd.DataFrame(
            [(level, event, lit) for event, (level, lit, _) in EVENTS.items()],
            columns=["event_level", "event", "litigation_set"],
        ),
        "codelists.event_sex": pd.DataFrame(
            [(level, event, sex) for event, (level, _, sex) in EVENTS.items() if sex],
            columns=["event_level", "event", "sex"],
        ),
        "cases.held_quarter": pd.DataFrame(
            {"quarter": ["2020q3", "2020q4"], "quarter_no": [9, 10]}
        ),
        "counts.cell": cell,
        "signals.statistic": cell.assign(
            is_latest=True,
            sdr_ror=cell["event"].isin(flags),
            sdr_ic=information_component(cell["a"], expected).ic025 > 0,
        ),
    }


def _row(**values: Any) -> pd.DataFrame:
    return pd.DataFrame({name: [value] for name, value in values.items()})


# Text that is '' must stay so, as the models leave it.
def _store(con: warehouse.Connection, name: str, frame: pd.DataFrame) -> None:
    con.execute(f"create schema if not exists {name.split('.')[0]}")
    con.register("incoming", frame)
    con.execute(f"create table {name} as select * from incoming")
    con.unregister("incoming")


def scored(
    reports: Sequence[Report], *, flags: Sequence[str] = ()
) -> dict[tuple[str, str], dict[str, Any]]:
    """Rows of api.adjusted by comparator and event; `flags` are flagged by the ROR."""
    with warehouse.connect_memory() as con:
        for name, frame in _tables(reports, flags).items():
            _store(con, name, frame)
        for path in MODELS:
            warehouse.run_model(con, warehouse.read_model(path))
        score_adjusted(con)
        warehouse.run_model(con, warehouse.read_model("5_api/adjusted"))
        rows = warehouse.query_rows(con, "select * from api.adjusted")
    return {(row["comparator"], row["event"]): row for row in rows}


# x is used by the old, and the old have the event; in each age the odds are the same.
OLD, YOUNG = Report(age_band="70+"), Report(age_band="30-39")
CONFOUNDED = [
    *times(90, replace(OLD, drugs="x", events="skin")),
    *times(90, replace(OLD, drugs="x")),
    *times(10, replace(OLD, events="skin")),
    *times(10, OLD),
    *times(1, replace(YOUNG, drugs="x", events="skin")),
    *times(9, replace(YOUNG, drugs="x")),
    *times(90, replace(YOUNG, events="skin")),
    *times(810, YOUNG),
]


def test_what_age_alone_makes_is_taken_out() -> None:
    row = scored(CONFOUNDED, flags=["skin"])["A", "skin"]
    assert row["ror_low"] > 1 and row["ror"] == pytest.approx(7.537, abs=1e-3)
    assert row["ror_age_sex"] == pytest.approx(1)
    assert row["ror_adjusted"] == pytest.approx(1)
    assert row["p_homogeneity"] == pytest.approx(1)
    assert row["adjusted_note"] is None
    # Neither year nor reporter explains it, and they do not claim to.
    assert row["ror_mh"] == pytest.approx(row["ror"])
    assert row["expected_year"] == pytest.approx(row["expected"])


def test_what_age_hides_comes_out() -> None:
    hidden = [
        *times(8, replace(YOUNG, drugs="x", events="skin")),
        *times(392, replace(YOUNG, drugs="x")),
        *times(10, replace(YOUNG, events="skin")),
        *times(1990, YOUNG),
        *times(2, replace(OLD, drugs="x", events="skin")),
        *times(8, replace(OLD, drugs="x")),
        *times(200, replace(OLD, events="skin")),
        *times(3200, OLD),
    ]
    row = scored(hidden, flags=["skin"])["A", "skin"]
    assert row["ror"] < 1
    assert row["ror_age_sex_low"] > 1
    assert row["ror_adjusted_low"] > 1


def test_the_year_is_taken_out_of_the_expected_count() -> None:
    # The event is reported in 2020 alone, and so is the drug.
    reports = [
        *times(10, Report(drugs="x", events="skin")),
        *times(90, Report(drugs="x")),
        *times(90, Report(events="skin")),
        *times(810, Report()),
        *times(1000, Report(year=2010)),
    ]
    row = scored(reports)["A", "skin"]
    assert row["expected"] == pytest.approx(100 * 100 / 2000)
    assert row["expected_year"] == pytest.approx(10)
    assert row["ic_year"] == pytest.approx(0)
    assert row["ror_mh"] == pytest.approx(1)
    assert (row["n_strata"], row["a_mh"]) == (1, 10)


def test_year_strata_of_the_ic_stand_in_a_only() -> None:
    rows = scored(CONFOUNDED)
    assert rows["A", "skin"]["ic025_year"] is not None
    for comparator in "BC":
        row = rows[comparator, "skin"]
        assert {row[n] for n in row if n.endswith("_year")} == {None}


def test_one_stratum_gives_the_crude_value() -> None:
    reports = [
        *times(6, Report(drugs="x", events="skin")),
        *times(40, Report(drugs="x")),
        *times(9, Report(events="skin")),
        *times(300, Report()),
    ]
    row = scored(reports, flags=["skin"])["A", "skin"]
    for name in ("ror_mh", "ror_age_sex", "ror_adjusted", "ror_adjusted_reporter"):
        for limit in ("", "_low", "_high"):
            assert row[name + limit] == pytest.approx(row["ror" + limit], rel=1e-6)
    assert row["prr_mh"] == pytest.approx((6 / 46) / (9 / 309))
    assert row["expected_year"] == pytest.approx(row["expected"])
    assert (row["n_strata"], row["n_strata_age_sex"]) == (1, 1)
    assert row["p_homogeneity"] is None


def test_men_enter_no_cell_of_an_event_of_women() -> None:
    woman, man = Report(), Report(sex="male")
    women = [
        *times(5, replace(woman, drugs="x", events="ovary")),
        *times(20, replace(woman, drugs="x")),
        *times(7, replace(woman, events="ovary")),
        *times(100, woman),
    ]
    men = [
        *times(3, replace(man, drugs="x", events="ovary")),
        *times(500, replace(man, drugs="x")),
        *times(900, man),
    ]
    of_both = scored([*women, *men], flags=["ovary"])["A", "ovary"]
    of_women = scored(women, flags=["ovary"])["A", "ovary"]
    assert of_both == of_women
    assert of_both["sex"] == "female"
    assert [of_both[x] for x in ("a", "n_drug", "n_event", "n")] == [5, 25, 12, 132]
    # Without the event's sex they do count.
    assert scored([*women, *men])["A", "skin"]["n"] == 1535


def test_unknown_sex_enters_an_event_of_women_in_the_sensitivity_only() -> None:
    woman, unknown = Report(), Report(sex="unknown")
    reports = [
        *times(5, replace(woman, drugs="x", events="ovary")),
        *times(20, replace(woman, drugs="x")),
        *times(7, replace(woman, events="ovary")),
        *times(100, woman),
        *times(4, replace(unknown, drugs="x", events="ovary")),
        *times(4, replace(unknown, drugs="x")),
        *times(2, replace(unknown, events="ovary")),
        *times(90, unknown),
        *times(50, Report(sex="male", drugs="x", events="ovary")),
    ]
    row = scored(reports)["A", "ovary"]
    assert row["n"] == 132
    of_women = 5 * 100 / (20 * 7)
    assert row["ror_age_sex"] == pytest.approx(of_women)
    # Unknown is a stratum of its own: (5 100 / 132 + 4 90 / 100) / (20 7 / 132 + ...).
    both = (500 / 132 + 360 / 100) / (140 / 132 + 8 / 100)
    assert row["ror_age_sex_with_unknown"] == pytest.approx(both)
    assert row["ror_age_sex_with_unknown_low"] < both


def test_the_sensitivity_is_empty_for_an_event_of_both_sexes() -> None:
    assert scored(CONFOUNDED)["A", "skin"]["ror_age_sex_with_unknown"] is None


def test_missing_age_is_a_category_of_its_own() -> None:
    # Were reports without age left out, or put to the young, the ratio would not be 1.
    missing = [
        replace(report, age_band="unknown") if report.age_band == "70+" else report
        for report in CONFOUNDED
    ]
    row = scored(missing, flags=["skin"])["A", "skin"]
    assert row["n"] == len(missing)
    assert row["ror_age_sex"] == pytest.approx(1)
    assert row["ror_adjusted"] == pytest.approx(1)
    assert row["n_strata_age_sex"] == 2


def test_the_active_comparator_is_the_drug_and_its_reference_since_it_began() -> None:
    reports = [
        *times(4, Report(drugs="x", events="skin")),
        *times(30, Report(drugs="x")),
        *times(2, Report(drugs="x ref", events="skin")),
        *times(3, Report(drugs="ref", events="skin")),
        *times(60, Report(drugs="ref")),
        *times(9, Report(drugs="ref", events="skin", year=2014)),
        *times(500, Report()),
    ]
    row = scored(reports)["C", "skin"]
    assert [row[x] for x in ("a", "n_drug", "n_event", "n")] == [6, 36, 9, 99]


def test_litigated_reports_leave_all_four_cells_of_their_events_alone() -> None:
    reports = [
        *times(4, Report(drugs="x", events="colon skin")),
        *times(30, Report(drugs="x")),
        *times(2, Report(drugs="x", events="colon skin", is_litigated=True)),
        *times(50, Report(events="colon", is_litigated=True)),
        *times(300, Report()),
    ]
    rows = scored(reports)
    names = ("a", "n_drug", "n_event", "n")
    assert [rows["A", "colon"][x] for x in names] == [4, 34, 4, 334]
    assert [rows["A", "skin"][x] for x in names] == [6, 36, 6, 386]


def test_a_stratum_without_a_comparison_is_not_counted_as_one() -> None:
    reports = [
        *times(4, Report(drugs="x", events="skin")),
        *times(30, Report(drugs="x")),
        *times(3, Report(events="skin")),
        *times(60, Report()),
        # All of 2019 has the drug: nobody to compare with.
        *times(2, Report(drugs="x", events="skin", year=2019)),
        *times(2, Report(drugs="x", year=2019)),
        *times(70, Report(year=2018)),
    ]
    row = scored(reports)["A", "skin"]
    assert (row["a"], row["a_mh"], row["n_strata"]) == (6, 4, 1)


def test_nothing_to_compare_is_null_and_never_nan() -> None:
    # In DuckDB NaN > 1 is true: a filter on a limit would take it for a signal.
    rows = scored(times(5, Report(drugs="x")))
    for row in rows.values():
        assert not any(isinstance(v, float) and np.isnan(v) for v in row.values())
    assert rows["A", "skin"]["ror"] is None
    assert rows["A", "skin"]["ror_mh_low"] is None


def test_an_event_that_nobody_else_has_is_infinite_with_a_finite_limit() -> None:
    reports = [
        *times(5, Report(drugs="x", events="skin")),
        *times(20, Report(drugs="x")),
        *times(400, Report()),
    ]
    row = scored(reports, flags=["skin"])["A", "skin"]
    for name in ("ror_mh", "ror_age_sex", "ror_adjusted"):
        assert row[name] == np.inf
        assert 1 < row[f"{name}_low"] < np.inf
    assert "limit" in row["adjusted_note"]


@pytest.mark.parametrize(
    ("event", "flags", "n", "note"),
    [
        ("skin", [], 3, NOT_FLAGGED),
        ("skin", ["skin"], 2, TOO_FEW),
        ("marker:skin:test", ["marker:skin:test"], 3, NOT_MODELLED),
        ("skin", ["skin"], 3, None),
    ],
)
def test_a_pair_without_a_model_says_why(
    event: str, flags: list[str], n: int, note: str | None
) -> None:
    reports = [
        *times(n, Report(drugs="x", events=event)),
        *times(10, Report(drugs="x")),
        *times(200, Report(events=event)),
        *times(900, Report()),
    ]
    row = scored(reports, flags=flags)["A", event]
    assert row["adjusted_note"] == note
    assert (row["ror_adjusted"] is None) == (note is not None)


def test_a_pair_that_only_the_ic_flags_gets_a_model() -> None:
    reports = [
        *times(20, Report(drugs="x", events="skin")),
        *times(10, Report(drugs="x")),
        *times(9, Report(events="skin")),
        *times(900, Report()),
    ]
    assert scored(reports, flags=[])["A", "skin"]["ror_adjusted"] > 1


def random_reports(seed: int) -> list[Report]:
    rng = np.random.default_rng(seed)
    return [
        Report(
            drugs=str(rng.choice(["", "x", "ref", "x ref"], p=[0.5, 0.2, 0.2, 0.1])),
            events=str(rng.choice(["", "skin", "colon", "ovary skin"])),
            year=int(rng.choice([2012, 2016, 2020])),
            reporter=str(rng.choice(["professional", "consumer", "unknown"])),
            sex=str(rng.choice(["female", "male", "unknown"])),
            age_band=str(rng.choice(["18-29", "70+", "unknown"])),
            region=str(rng.choice(["us", "europe"])),
            is_ms=bool(rng.random() < 0.5),
            is_litigated=bool(rng.random() < 0.2),
        )
        for _ in range(400)
    ]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_strata_add_up_to_the_cells_in_every_comparator(seed: int) -> None:
    reports = random_reports(seed)
    rows = scored(reports)
    assert len(rows) == 12
    for (comparator, event), row in rows.items():
        sex = EVENTS[event][2]
        counted = [r for r in reports if sex is None or r.sex == sex]
        found = tuple(row[x] for x in ("a", "n_drug", "n_event", "n"))
        assert found == cells(counted, comparator, event), (comparator, event)


def test_without_a_pair_the_table_is_there_and_empty() -> None:
    with warehouse.connect_memory() as con:
        for name, frame in _tables([Report()], []).items():
            is_empty = name in ("counts.cell", "signals.statistic")
            _store(con, name, frame[:0] if is_empty else frame)
        for path in MODELS:
            warehouse.run_model(con, warehouse.read_model(path))
        score_adjusted(con)
        ((n,),) = con.execute("select count(ror_mh) from signals.adjusted").fetchall()
    assert n == 0
