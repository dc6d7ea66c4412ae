"""The usual statistics of many pairs in one table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pvsignal.stats import (
    chi2,
    chi2_yates,
    disproportionality,
    expected,
    information_component,
    prr,
    ror,
)
from tests.stats_vectors import cells, golden

COLUMNS = [
    "expected",
    "prr",
    "prr_low",
    "prr_high",
    "ror",
    "ror_low",
    "ror_high",
    "chi2",
    "chi2_yates",
    "ic",
    "ic025",
    "ic975",
    "is_exact",
]


def test_columns_are_those_of_the_contract():
    table = disproportionality(41, 14, 754, 591_958)
    assert list(table.columns) == COLUMNS
    assert table.dtypes.map(str).tolist() == ["float64"] * 12 + ["bool"]
    assert table.index.tolist() == [0]


def test_each_column_is_the_statistic_of_its_name():
    counts = cells(golden())
    table = disproportionality(*counts)
    ratios = {"prr": prr(*counts), "ror": ror(*counts)}
    for name, ratio in ratios.items():
        np.testing.assert_array_equal(table[name], ratio.point)
        np.testing.assert_array_equal(table[f"{name}_low"], ratio.low)
        np.testing.assert_array_equal(table[f"{name}_high"], ratio.high)
    np.testing.assert_array_equal(table["is_exact"], ratios["ror"].is_exact)
    np.testing.assert_array_equal(table["chi2"], chi2(*counts))
    np.testing.assert_array_equal(table["chi2_yates"], chi2_yates(*counts))
    component = information_component(counts[0], expected(*counts))
    for name in ("ic", "ic025", "ic975"):
        np.testing.assert_array_equal(table[name], getattr(component, name))


def test_rifabutin_and_uveitis_is_as_evans_2001_prints_it():
    row = disproportionality(41, 14, 754, 591_958).iloc[0]
    assert row["prr"] == pytest.approx(585.99, abs=0.005)
    assert row["chi2"] == pytest.approx(22_739.5, abs=0.05)


def test_index_is_that_of_the_series_given():
    index = pd.MultiIndex.from_tuples([("x", "rash"), ("y", "rash")])
    a = pd.Series([3, 4], index=index)
    assert disproportionality(a, a + 10, 20, 3000).index.equals(index)
    assert disproportionality([3, 4], a + 10, 20, 3000).index.equals(index)


def test_series_in_another_order_are_refused():
    a = pd.Series([3, 4], index=["x", "y"])
    with pytest.raises(ValueError, match="index"):
        disproportionality(a, a[::-1], 20, 3000)


def test_pair_that_nobody_reported_stays_at_zero():
    row = disproportionality(0, 1, 1, 100_000).iloc[0]
    assert row["prr"] == row["prr_low"] == row["ror"] == row["ror_low"] == 0
    assert 1 < row["prr_high"] < np.inf
    assert 1 < row["ror_high"] < np.inf
    assert row["ic"] < 0
    assert row["is_exact"]


def test_event_with_this_drug_alone_is_infinite_with_a_finite_lower_limit():
    row = disproportionality(3, 1, 0, 100_000).iloc[0]
    assert row["prr"] == row["ror"] == row["prr_high"] == row["ror_high"] == np.inf
    assert 1000 < row["prr_low"] < np.inf
    assert 1000 < row["ror_low"] < np.inf
    assert np.isfinite(row["ic975"])
    assert row["is_exact"]


def test_every_exact_prr_is_flagged_with_its_ror():
    grid = np.stack(np.meshgrid(*[[0, 1, 7]] * 4), axis=-1).reshape(-1, 4)
    table = disproportionality(*grid.T)
    assert table.loc[prr(*grid.T).is_exact, "is_exact"].all()


def test_empty_margin_is_nan_without_a_flag():
    row = disproportionality(0, 0, 5, 100).iloc[0]
    assert row[["prr", "ror", "chi2", "chi2_yates"]].isna().all()
    assert row["expected"] == row["ic"] == 0
    assert not row["is_exact"]


def test_no_pairs_give_an_empty_table():
    assert disproportionality([], [], [], []).shape == (0, len(COLUMNS))


def test_negative_cell_is_refused():
    with pytest.raises(ValueError, match="negative"):
        disproportionality([1, -1], 5, 5, 5)
