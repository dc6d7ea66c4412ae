"""Published p-values, drug tests and controls, recomputed from the published tables."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy.stats import hypergeom, norm

from pvsignal.codelists import load_codelists
from tests.pipeline.conftest import Published

PAGE = (Path(__file__).parents[2] / "docs" / "statistics.md").read_text("utf-8")
KEY = ["comparator", "drug_level", "drug", "event_level", "event"]


@pytest.fixture(scope="module")
def con(published: Published) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(published.result.database), read_only=True)


@pytest.fixture(scope="module")
def signals(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    return con.sql(
        "from api.signals where variant = 'primary'"
        " and event_level in ('group', 'supergroup')"
    ).df()


@pytest.fixture(scope="module")
def pairs(con: duckdb.DuckDBPyConnection, signals: pd.DataFrame) -> pd.DataFrame:
    tested = con.sql("from api.multiplicity").df()
    both = tested.merge(signals, on=KEY, suffixes=("", "_signal"), how="outer")
    assert len(both) == len(tested) == len(signals) > 2_000
    assert (both["a"] == both["a_signal"]).all()
    return both


def test_p_is_that_of_the_published_cells(pairs: pd.DataFrame) -> None:
    inside = pairs[pairs["p_greater"].notna()]
    a, n_drug, n_event, n = (inside[x] for x in ("a", "n_drug", "n_event", "n"))
    greater = hypergeom.sf(a - 1, n, n_event, n_drug)
    here = hypergeom.pmf(a, n, n_event, n_drug)
    np.testing.assert_allclose(inside["p_greater"], greater, rtol=1e-6)
    np.testing.assert_allclose(inside["p_mid"], greater - here / 2, rtol=1e-6)


def test_m_is_the_grid_of_the_pairs_with_more_than_one_table(
    pairs: pd.DataFrame,
) -> None:
    last = pairs["n"] - 1
    is_tested = pairs["n_drug"].between(1, last) & pairs["n_event"].between(1, last)
    assert (pairs["p_greater"].notna() == is_tested).all()
    for _, family in pairs.groupby(["comparator", "drug_level", "event_level"]):
        m = is_tested[family.index].sum()
        assert set(family["m"]) == {m}
        assert (family.loc[is_tested[family.index], "a"] == 0).any()
        p = family["p_greater"].dropna()
        lists = {t: m * t / (p <= t).sum() for t in set(p)}
        slow_q = {x: min(lists[t] for t in lists if t >= x) for x in lists}
        slow = [slow_q[x] for x in p]
        np.testing.assert_allclose(
            family.loc[p.index, "q_bh"], np.minimum(slow, 1), rtol=1e-9
        )


def test_calibrated_p_is_that_of_the_published_null(
    con: duckdb.DuckDBPyConnection, pairs: pd.DataFrame
) -> None:
    null = con.sql("from api.control_performance").df().set_index("comparator")
    assert set(null.index) == {"A", "B", "C"}
    has_ratio = pairs[["a", "b", "c", "d"]].min(axis=1) > 0
    assert (pairs["p_raw"].notna() == has_ratio).all()
    found = pairs[has_ratio]
    variance = sum(1 / found[x] for x in "abcd")
    log_ror = np.log(found["ror"])
    np.testing.assert_allclose(
        found["p_raw"], 2 * norm.sf(abs(log_ror) / np.sqrt(variance)), rtol=1e-9
    )
    mean = found["comparator"].map(null["mean_log_ror"])
    spread = found["comparator"].map(null["spread_log_ror"])
    z = (log_ror - mean) / np.sqrt(variance + spread**2)
    np.testing.assert_allclose(found["p_calibrated"], 2 * norm.sf(abs(z)), rtol=1e-6)
    np.testing.assert_allclose(found["p_calibrated_greater"], norm.sf(z), rtol=1e-6)


def test_every_control_of_the_list_is_published_in_every_comparator(
    con: duckdb.DuckDBPyConnection,
) -> None:
    controls = con.sql("from api.controls").df()
    listed = load_codelists()["negative_controls"].table
    for _, rows in controls.groupby("comparator"):
        assert len(rows) == len(listed)
        assert set(rows["drug"]) == set(listed["ingredient"])
    has_table = controls["a"].notna()
    assert controls.loc[~has_table, "why_not_used"].notna().all()
    assert not (controls["is_used"] & controls["why_not_used"].notna()).any()
    hernia = controls[controls["event"] == "INGUINAL HERNIA"]
    assert set(hernia["why_not_used"]) == {"the event is not counted in this analysis"}


def test_the_cells_of_a_control_are_those_of_the_signal(
    con: duckdb.DuckDBPyConnection,
) -> None:
    ((n_controls, n_equal),) = con.sql(
        "select count(*), count(*) filter (c.a = s.a and c.d = s.d and c.ror_low"
        " is not distinct from s.ror_low and c.sdr_ror = s.sdr_ror and c.evaluable = s.evaluable)"
        " from api.controls as c join api.signals as s"
        " using (comparator, drug, event_level, event)"
        " where s.variant = 'primary' and c.a is not null"
    ).fetchall()
    ((n_counted,),) = con.sql(
        "select count(*) from api.controls where a is not null"
    ).fetchall()
    assert n_controls == n_equal == n_counted > 50


def test_the_performance_of_a_comparator_adds_up_from_its_controls(
    con: duckdb.DuckDBPyConnection,
) -> None:
    ((n_rows, n_differences),) = con.sql(
        "with counted as (select comparator,"
        " count(*) filter (control_type = 'negative') as n_negative,"
        " count(a) filter (control_type = 'negative') as n_negative_counted,"
        " count(*) filter (control_type = 'negative' and is_judged)"
        " as n_negative_judged,"
        " count(*) filter (is_used) as n_negative_used,"
        " count(*) filter (control_type = 'negative' and is_judged and sdr_ror)"
        " as n_negative_sdr_ror,"
        " count(*) filter (control_type = 'positive' and is_judged and sdr_ic)"
        " as n_positive_sdr_ic from api.controls group by comparator)"
        " select count(*), count(*) filter (c.n_negative <> p.n_negative"
        " or c.n_negative_counted <> p.n_negative_counted"
        " or c.n_negative_judged <> p.n_negative_judged"
        " or c.n_negative_used <> p.n_negative_used"
        " or c.n_negative_sdr_ror <> p.n_negative_sdr_ror"
        " or c.n_positive_sdr_ic <> p.n_positive_sdr_ic)"
        " from counted as c join api.control_performance as p using (comparator)"
    ).fetchall()
    assert (n_rows, n_differences) == (3, 0)


def test_each_drug_of_a_comparator_has_one_test_of_its_groups(
    con: duckdb.DuckDBPyConnection,
) -> None:
    ((n_tests, n_drugs),) = con.sql(
        "select (select count(*) from api.drug_tests), (select count(*) from (select"
        " distinct comparator, drug from api.signals where variant = 'primary'"
        " and event_level = 'group'))"
    ).fetchall()
    assert n_tests == n_drugs > 50
    largest = con.sql(
        "select t.p_lrt, m.p_lrt as p_pair, t.a, t.expected, m.a as a_pair,"
        " m.expected as expected_pair, m.event_level from api.drug_tests as t"
        " join api.multiplicity as m using (comparator, drug, event)"
    ).df()
    assert len(largest) > 20
    assert set(largest["event_level"]) == {"group"}
    assert (largest["p_lrt"] == largest["p_pair"]).all()
    assert (largest["a"] == largest["a_pair"]).all()
    assert (largest["a"] > largest["expected"] * 0.999).all()
    ((n_supergroups,),) = con.sql(
        "select count(p_lrt) from api.multiplicity where event_level = 'supergroup'"
    ).fetchall()
    assert n_supergroups == 0


@pytest.mark.parametrize("view", ["multiplicity", "drug_tests", "controls"])
def test_the_examples_of_the_page_run_as_printed(
    con: duckdb.DuckDBPyConnection, view: str
) -> None:
    examples = [
        statement
        for block in re.findall(r"```sql\n(.*?)```", PAGE, re.S)
        for statement in duckdb.extract_statements(block)
        if f"api.{view}" in statement.query
    ]
    assert examples
    for statement in examples:
        assert con.execute(statement).fetchall(), statement.query
