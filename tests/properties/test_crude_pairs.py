"""Pairs of the whole database equal those of the slow reference, on any dataset."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings

from pvsignal import warehouse
from tests import reference
from tests.properties.strategies import Dataset, datasets
from tests.properties.test_counts import _built, whole_way
from tests.properties.test_reference_properties import shipped

COMBINATIONS = {
    "METHOTREXATE SODIUM": "METHOTREXATE SODIUM\\ASPIRIN",
    "DALFAMPRIDINE": "ASPIRIN\\OCRELIZUMAB",
}


def _with_combinations(dataset: Dataset) -> Dataset:
    """Dataset in which two ingredients have become products of two substances."""
    return replace(
        dataset,
        tables={
            quarter: {
                **tables,
                "drug": tuple(
                    {
                        **row,
                        "prod_ai": COMBINATIONS.get(row["prod_ai"], row["prod_ai"]),
                    }
                    for row in tables["drug"]
                ),
            }
            for quarter, tables in dataset.tables.items()
        },
    )


def _substances(
    con: warehouse.Connection,
) -> Mapping[tuple[str | None, str | None], frozenset[str]]:
    """What each name means; how that is found has tests of its own."""
    found: dict[tuple[str | None, str | None], frozenset[str]] = {}
    for row in warehouse.query_rows(con, "from cohort.name_substance"):
        key = row["drugname"], row["prod_ai"]
        found[key] = found.get(key, frozenset()) | ({row["substance"]} - {None})
    return found


def _counted(
    con: warehouse.Connection,
) -> dict[tuple[str, reference.Event], reference.Cells]:
    rows = warehouse.query_rows(
        con,
        "select substance, event_level, event, a, n_drug, n_event, n "
        "from counts.crude_pair join counts.crude_substance using (substance_no) "
        "join counts.crude_event using (event_no)",
    )
    assert len({(r["substance"], r["event_level"], r["event"]) for r in rows}) == len(
        rows
    )
    return {
        (row["substance"], (row["event_level"], row["event"])): reference.Cells(
            a=row["a"], n_drug=row["n_drug"], n_event=row["n_event"], n=row["n"]
        )
        for row in rows
    }


@given(datasets())
@settings(whole_way, max_examples=4)
def test_pairs_of_the_whole_database_are_those_of_the_reference(dataset):
    dataset = _with_combinations(dataset)
    with tempfile.TemporaryDirectory() as folder:
        where = _built(dataset, Path(folder))
        with warehouse.connect(where.warehouse_path) as con:
            found, substances = _counted(con), _substances(con)
    expected = reference.crude_pairs(
        dataset.staged(), shipped(), dataset.quarters[-1], substances
    )
    assert expected
    assert found == expected
