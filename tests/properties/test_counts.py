"""The SQL counts what the slow reference counts, at every quarter of any dataset.

Each dataset goes the whole way: FDA-shaped archives, staging, models. The reference
recomputes each quarter from the rows up to it, so this also proves that the interval
counts as of a quarter equal a rebuild from the quarters up to it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pvsignal import pipeline, warehouse
from pvsignal.analysis import load_analysis
from pvsignal.settings import Settings
from tests import reference
from tests.archives import write_archive
from tests.properties.strategies import TOGETHER, Dataset, datasets
from tests.properties.test_reference_properties import shipped

ORAL = frozenset(
    {
        "teriflunomide",
        "dimethyl fumarate",
        "diroximel fumarate",
        "monomethyl fumarate",
    }
)

# What each variant of the shipped analysis changes, in the words of the reference.
VARIANTS = {
    "with_duplicates": reference.Choice(with_duplicates=True),
    "with_litigated": reference.Choice(with_litigated=True),
    "ps_only": reference.Choice(roles=("PS",)),
    "any_role": reference.Choice(roles=("PS", "SS", "C", "I")),
    "single_therapy": reference.Choice(keeps=lambda r: len(r.therapies) <= 1),
    "female": reference.Choice(keeps=lambda r: r.demo["sex"] == "F"),
    "age_under_40": reference.Choice(
        keeps=lambda r: r.demo["age_years"] is not None and r.demo["age_years"] < 40
    ),
    "narrow_indication": reference.Choice(events=lambda r: r.narrow_events),
    "without_indication_rule": reference.Choice(events=lambda r: r.reported_events),
    "since_first_report": reference.Choice(since_first_report=True, comparators="AB"),
    "oral_reference": reference.Choice(reference=ORAL, comparators="C"),
    "reference_only:teriflunomide": reference.Choice(
        reference=frozenset({"teriflunomide"}), comparators="C"
    ),
    "reference_without:interferon beta-1a": reference.Choice(
        reference=shipped().reference - {"interferon beta-1a"}, comparators="C"
    ),
}

Found = dict[tuple[str, reference.Drug, reference.Event], reference.Cells]

whole_way = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def _built(dataset: Dataset, folder: Path) -> Settings:
    mirror = folder / "mirror"
    mirror.mkdir()
    for quarter in dataset.quarters:
        write_archive(
            mirror,
            quarter,
            dataset.tables[quarter],
            dataset.deleted.get(quarter, ()),
        )
    where = Settings(data_dir=folder / "data", mirror=str(mirror))
    pipeline.land(where)
    staged = pipeline.stage(where)
    inputs = pipeline.identify(where, load_analysis(), staged=staged)
    pipeline.build(where, inputs)
    return where


def _counted(where: Settings, quarter: str, variant: str = "primary") -> Found:
    with warehouse.connect(where.warehouse_path) as con:
        rows = warehouse.query_rows(
            con,
            "select cell.* from counts.cell as cell "
            "inner join cases.held_quarter as held using (quarter_no) "
            "where held.quarter = ? and variant = ?",
            [quarter, variant],
        )
    return {
        (
            row["comparator"],
            (row["drug_level"], row["drug"]),
            (row["event_level"], row["event"]),
        ): reference.Cells(
            a=row["a"], n_drug=row["n_drug"], n_event=row["n_event"], n=row["n"]
        )
        for row in rows
    }


def _differences(found: Found, expected: Found) -> list[str]:
    return [
        f"{key}: SQL {found.get(key)}, reference {expected.get(key)}"
        for key in sorted(found.keys() | expected.keys())
        if found.get(key) != expected.get(key)
    ]


@given(datasets(), st.sets(st.sampled_from(sorted(VARIANTS)), min_size=3, max_size=4))
@whole_way
def test_the_sql_counts_what_the_reference_counts_at_every_quarter(dataset, variants):
    tables = dataset.staged()
    with tempfile.TemporaryDirectory() as folder:
        where = _built(dataset, Path(folder))
        for quarter in dataset.quarters:
            expected = reference.cells(tables, shipped(), quarter)
            assert _differences(_counted(where, quarter), expected) == []
        last = dataset.quarters[-1]
        for variant in sorted(variants):
            expected = reference.cells(
                tables, shipped(), last, choice=VARIANTS[variant]
            )
            found = _differences(_counted(where, last, variant), expected)
            assert (variant, found) == (variant, [])


@given(datasets())
@whole_way
def test_the_links_are_those_of_the_reference_whatever_was_linked_before(dataset):
    with tempfile.TemporaryDirectory() as folder:
        where = _built(dataset, Path(folder))
        found, below = (_links(where, name) for name in ("link", "looser_link"))
    tables, lists = dataset.staged(), shipped()
    expected = _rounded(reference.links(tables, lists))
    assert found == pytest.approx(expected, abs=0.0015)
    assert lists.linkage is not None
    loose = replace(lists.linkage, threshold=lists.linkage.kept)
    kept = _rounded(reference.links(tables, replace(lists, linkage=loose)))
    looser = {pair: weight for pair, weight in kept.items() if pair not in expected}
    assert below == pytest.approx(looser, abs=0.0015)


def _rounded(weights: dict[tuple[reference.Key, reference.Key], float]):
    return {
        tuple((reference.ordinal(q), p, c) for q, p, c in pair): round(weight, 3)
        for pair, weight in weights.items()
    }


def _links(where: Settings, name: str):
    """Weights of the pairs whose sightings were current once."""
    with warehouse.connect(where.warehouse_path) as con:
        rows = warehouse.query_rows(
            con,
            "select quarter_no, primaryid, caseid, kept_quarter_no, kept_primaryid, "
            f"kept_caseid, match_weight from source.{name} as link "
            "semi join cases.version as own using (quarter_no, primaryid, caseid) "
            "where exists (from cases.version as v where v.quarter_no = "
            "link.quarter_no and v.primaryid = link.primaryid and "
            "v.known_until is distinct from v.known_from) and exists (from "
            "cases.version as v where v.quarter_no = link.kept_quarter_no and "
            "v.primaryid = link.kept_primaryid and v.known_until is distinct "
            "from v.known_from)",
        )
    return {
        (
            (row["kept_quarter_no"], row["kept_primaryid"], row["kept_caseid"]),
            (row["quarter_no"], row["primaryid"], row["caseid"]),
        ): row["match_weight"]
        for row in rows
    }


@given(datasets())
@settings(whole_way, max_examples=6)
def test_versions_and_product_statuses_are_those_of_the_reference(dataset):
    tables = dataset.staged()
    last = dataset.quarters[-1]
    with tempfile.TemporaryDirectory() as folder:
        where = _built(dataset, Path(folder))
        with warehouse.connect(where.warehouse_path) as con:
            versions = warehouse.query_rows(
                con,
                "select quarter_no, primaryid, caseid, known_until, until_reason "
                "from cases.version",
            )
            records = warehouse.query_rows(
                con,
                "select held.quarter, record.primaryid, record.drug_seq, "
                "record.role_cod, record.therapy, record.product_status "
                "from cohort.therapy_record as record "
                "inner join cases.held_quarter as held using (quarter_no)",
            )
    expected = sorted(
        (
            reference.ordinal(version.quarter),
            version.primaryid,
            version.caseid,
            version.known_until and reference.ordinal(version.known_until),
            version.until_reason,
        )
        for version in reference.versions(tables)
    )
    assert sorted(map(str, (tuple(row.values()) for row in versions))) == sorted(
        map(str, expected)
    )
    statuses = reference.product_statuses(tables, shipped(), last)
    assert sorted(map(str, (tuple(row.values()) for row in records))) == sorted(
        map(str, statuses)
    )


def _sets(rows: Iterable[dict[str, object]], key: str) -> dict[object, frozenset[str]]:
    found: dict[object, set[str]] = {}
    for row in rows:
        known = found.setdefault(row[key], set())
        known |= {str(row["substance"])} - {"None"}
    return {name: frozenset(values) for name, values in found.items()}


@given(datasets(min_cases=30, max_cases=45, pools=(TOGETHER,)))
@settings(whole_way, max_examples=4)
def test_onsets_and_pairs_of_drugs_are_those_of_the_reference(dataset):
    tables, last = dataset.staged(), dataset.quarters[-1]
    with tempfile.TemporaryDirectory() as folder:
        where = _built(dataset, Path(folder))
        with warehouse.connect(where.warehouse_path) as con:
            onsets = warehouse.query_rows(
                con,
                "select drug_level, drug, event_level, event, low_days, high_days "
                "from counts.pair_onset order by low_days nulls first, high_days",
            )
            counted = warehouse.query_rows(con, "from counts.co_suspect_count")
            names = warehouse.query_rows(
                con,
                "select {'drugname': drugname, 'prod_ai': prod_ai} as name, substance "
                "from cohort.name_substance",
            )
            own = warehouse.query_rows(con, "from cohort.own_substance")
            cells = warehouse.query_rows(
                con,
                "from counts.cell where variant = 'primary' and comparator = 'A' "
                "and quarter_no = (select max(quarter_no) from cases.held_quarter)",
            )
    spans: dict[tuple[reference.Drug, reference.Event], list] = {}
    for row in onsets:
        pair = (row["drug_level"], row["drug"]), (row["event_level"], row["event"])
        is_dated = row["low_days"] is not None
        spans.setdefault(pair, []).append(
            (row["low_days"], row["high_days"]) if is_dated else None
        )
    assert spans == reference.onset_spans(tables, shipped(), last)

    expected, n_combinations = reference.pairs_of_drugs(
        tables,
        shipped(),
        last,
        substances=_sets(
            ({**row, "name": tuple(row["name"].values())} for row in names), "name"
        ),
        own=_sets(own, "drug"),
    )
    strata = list(reference.Strata.__dataclass_fields__)
    found = {
        (row["drug"], row["substance"], (row["event_level"], row["event"])): row
        for row in counted
    }
    assert {
        key: reference.Strata(**{name: row[name] for name in strata})
        for key, row in found.items()
    } == expected
    margins = {(row["drug"], (row["event_level"], row["event"])): row for row in cells}
    for (drug, _, event), row in found.items():
        cell = margins[drug, event]
        assert row["n_combinations"] == n_combinations[event[0]]
        assert cell["a"] == row["n111"] + row["n101"]
        assert cell["n_drug"] == row["n11"] + row["n10"]
        assert cell["n_event"] == sum(row[n] for n in ("n111", "n101", "n011", "n001"))
        assert cell["n"] == sum(row[n] for n in ("n11", "n10", "n01", "n00"))
