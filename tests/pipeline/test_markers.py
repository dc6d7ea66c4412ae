"""Markers are counted like groups, in every comparator, and never reach the board."""

from collections.abc import Iterator

import duckdb
import pytest

from tests.pipeline.conftest import Published


@pytest.fixture(scope="module")
def database(published: Published) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(published.result.database), read_only=True) as con:
        yield con


def test_each_scored_drug_has_each_marker_in_the_comparators_that_it_has(
    database: duckdb.DuckDBPyConnection,
) -> None:
    ask = (
        "select comparator, drug, count(distinct event) from api.signals "
        "where event_level = ? group by all order by all"
    )
    markers = database.execute(ask, ["marker"]).fetchall()
    groups = database.execute(ask, ["group"]).fetchall()
    assert [row[:2] for row in markers] == [row[:2] for row in groups]
    assert {row[2] for row in markers} == {41}
    assert {row[0] for row in markers} == {"A", "B", "C"}


def test_a_marker_and_its_event_have_the_same_population(
    database: duckdb.DuckDBPyConnection,
) -> None:
    assert not database.execute(
        "select m.drug, m.comparator, m.event from api.signals as m "
        "join api.signals as e using (variant, comparator, drug) "
        "where m.event_level = 'marker' "
        "and m.event[:length(e.event) + 8] = 'marker:' || e.event || ':' "
        "and not contains(m.event[length(e.event) + 9:], ':') "
        "and (m.n <> e.n or m.n_drug <> e.n_drug)"
    ).fetchall()


def test_no_marker_is_judged_or_left_out_by_name(
    database: duckdb.DuckDBPyConnection,
) -> None:
    for relation in ("api.verdicts", "api.excluded_cases", "api.ledger"):
        assert not database.execute(
            f"select 1 from {relation} as t where contains(t::varchar, 'marker:')"
        ).fetchall()
    levels = database.execute("select distinct event_level from api.verdicts")
    assert {level for (level,) in levels.fetchall()} == {"group", "supergroup"}
