"""Each report that the product rule moves is counted by rule and listed."""

from collections import Counter
from collections.abc import Iterator

import duckdb
import pytest

from pvsignal import codelists
from tests.pipeline.conftest import Published
from tests.sql.test_product_status import LEFT_OUT

ADMITS = ("any_product", "disease_brand", "disease_route", "conditional_brand")
ADMITS += ("record_indication", "case_indication")


@pytest.fixture(scope="module")
def database(published: Published) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(published.result.database), read_only=True) as con:
        yield con


def _counted(database: duckdb.DuckDBPyConnection, begin: str) -> dict[str, int]:
    rows = database.execute(
        "select step[length(?) + 1:], n from api.attrition where starts_with(step, ?)",
        [begin, begin],
    ).fetchall()
    assert len(rows) == len(dict(rows))
    return dict(rows)


def _listed(database: duckdb.DuckDBPyConnection) -> dict[tuple[int, str], set[str]]:
    """Statuses of the records of each report and scored therapy."""
    members = codelists.drug_members(codelists.load_codelists())
    scored = set(members["therapy"])
    found: dict[tuple[int, str], set[str]] = {}
    for caseid, therapy, status in database.execute(
        "select caseid, therapy, product_status from api.case_drugs "
        "where therapy is not null"
    ).fetchall():
        if therapy in scored:
            found.setdefault((caseid, therapy), set()).add(status)
    return found


def test_every_status_is_counted_and_the_counts_are_those_of_the_listing(
    database: duckdb.DuckDBPyConnection,
) -> None:
    left_out = _counted(database, "product rule: ")
    admits = _counted(database, "product rule admits: ")
    assert set(left_out) == set(LEFT_OUT)
    assert set(admits) == set(ADMITS)
    listed = _listed(database)
    first = [
        next(status for status in (*ADMITS, *LEFT_OUT) if status in statuses)
        for statuses in listed.values()
    ]
    counts = Counter(first)
    assert {status: counts[status] for status in (*ADMITS, *LEFT_OUT)} == {
        **left_out,
        **admits,
    }
    named = _counted(database, "report names a scored therapy in any role")[""]
    assert named == len(listed) == sum(left_out.values()) + sum(admits.values())
    assert left_out["other_brand"] > 0
    assert left_out["oncology_indication"] > 0


def test_each_moved_report_with_a_neoplasm_is_listed_with_its_rule(
    database: duckdb.DuckDBPyConnection,
) -> None:
    with_neoplasm = {
        caseid
        for (caseid,) in database.execute(
            "select distinct caseid from api.case_events where event_class = 'neoplasm'"
        ).fetchall()
    }
    expected = {
        (caseid, therapy): f"product: {min(statuses)}"
        for (caseid, therapy), statuses in _listed(database).items()
        if not statuses & set(ADMITS) and caseid in with_neoplasm
    }
    listed = dict(
        ((caseid, drug), reason)
        for caseid, drug, reason in database.execute(
            "select distinct caseid, drug, reason from api.excluded_cases "
            "where starts_with(reason, 'product: ') and not contains(drug, ':')"
        ).fetchall()
    )
    assert listed == expected
    assert expected
