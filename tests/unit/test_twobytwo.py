"""PRR, ROR, chi-squared and expected counts against peers, papers and identities."""

from __future__ import annotations

import csv
import doctest
from fractions import Fraction
from math import comb
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pvsignal.stats import Ratio, chi2_yates, expected, prr, ror, twobytwo

# Tables of pvda 0.0.4 (prr, ror) and R 4.2.2 (chisq.test, fisher.test); an empty cell
# is NaN there.
GOLDEN = Path(__file__).parents[1] / "goldens" / "twobytwo.csv"
VECTORS = Path(__file__).parents[2].parent / "shared" / "stats" / "vectors"

Columns = dict[str, np.ndarray]

# fisher.test solves for the odds ratio or its reciprocal, whichever is below 1, to
# .Machine$double.eps^0.25: no digit of a limit beyond some thousands is right.
FISHER_TOLERANCE = 1.3e-4


def read(file: Path, names: dict[str, str]) -> Columns:
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return {
        name: np.array([float(row[column] or "nan") for row in rows])
        for name, column in names.items()
    }


def golden() -> Columns:
    names = (
        "a b c d expected prr prr_low prr_high ror ror_low ror_high chi2_yates"
        " exact_low exact_high"
    )
    return read(GOLDEN, {name: name for name in names.split()})


def vectors() -> Columns:
    file = VECTORS / "twobytwo.csv"
    if not file.exists():
        pytest.skip("the shared vectors are not beside the checkout")
    same = "a b c d prr ror chi2_yates"
    other = {
        "expected": "E",
        "prr_low": "prr_lo",
        "prr_high": "prr_hi",
        "ror_low": "ror_lo",
        "ror_high": "ror_hi",
        "exact_low": "fisher_or_lo",
        "exact_high": "fisher_or_hi",
    }
    return read(file, {name: name for name in same.split()} | other)


def cells(table: Columns) -> tuple[np.ndarray, ...]:
    return tuple(table[name].astype(np.int64) for name in "abcd")


def assert_same(ours: np.ndarray, theirs: np.ndarray) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=0)


@pytest.fixture(params=[golden, vectors])
def table(request: pytest.FixtureRequest) -> Columns:
    return request.param()


def test_points_are_those_of_peers_zero_cells_included(table):
    assert_same(expected(*cells(table)), table["expected"])
    assert_same(prr(*cells(table)).point, table["prr"])
    assert_same(ror(*cells(table)).point, table["ror"])


@pytest.mark.parametrize(("ratio", "name"), [(prr, "prr"), (ror, "ror")])
def test_limits_are_those_of_peers_unless_exact(table, ratio, name):
    result = ratio(*cells(table))
    plain = ~result.is_exact
    assert_same(result.low[plain], table[f"{name}_low"][plain])
    assert_same(result.high[plain], table[f"{name}_high"][plain])
    # Peers give NaN or 0 * Inf for every table that is flagged, and for no other.
    undefined = np.isnan(table[f"{name}_low"]) | np.isnan(table[f"{name}_high"])
    assert (undefined == (result.is_exact | np.isnan(result.point))).all()


def test_yates_is_that_of_r_and_zero_where_r_leaves_a_rest(table):
    ours = chi2_yates(*cells(table))
    np.testing.assert_allclose(ours, table["chi2_yates"], rtol=1e-9, atol=1e-9)


def test_exact_odds_ratio_limits_are_those_of_fisher_test(table):
    result = ror(*cells(table))

    def folded(limit: np.ndarray) -> np.ndarray:
        limit = limit[result.is_exact]
        with np.errstate(divide="ignore"):
            return np.minimum(limit, 1 / limit)

    for ours, theirs in [
        (result.low, table["exact_low"]),
        (result.high, table["exact_high"]),
    ]:
        np.testing.assert_allclose(
            folded(ours), folded(theirs), rtol=0, atol=FISHER_TOLERANCE
        )


def test_rifabutin_and_uveitis_is_as_evans_2001_prints_it():
    cells = 41, 14, 754, 591_958
    assert prr(*cells).point[0] == pytest.approx(585.99, abs=0.005)
    assert not prr(*cells).is_exact[0]


def test_the_examples_in_the_docstrings_run():
    assert doctest.testmod(twobytwo).failed == 0


def test_pair_that_nobody_reported_is_never_raised():
    for ratio in (prr, ror):
        result = ratio(0, 1, 1, 100_000)
        assert result.point[0] == 0
        assert result.low[0] == 0
        assert 1 < result.high[0] < np.inf
        assert result.is_exact[0]


def test_event_with_this_drug_alone_is_infinite_with_a_finite_lower_limit():
    for ratio in (prr, ror):
        result = ratio(3, 1, 0, 100_000)
        assert result.point[0] == np.inf
        assert result.high[0] == np.inf
        assert 1000 < result.low[0] < np.inf
        assert result.is_exact[0]


def test_drug_with_this_event_alone_has_a_plain_prr_and_an_exact_ror():
    assert not prr(3, 0, 7, 3346).is_exact[0]
    assert prr(3, 0, 7, 3346).point[0] == pytest.approx(479)
    assert ror(3, 0, 7, 3346).is_exact[0]
    # One report has a closed form: 0.025 = P(a = 1) = 1 / (1 + 3346 / 8 / odds).
    assert ror(1, 0, 7, 3346).low[0] == pytest.approx(3346 / 8 / 39)


def test_empty_margins_give_nan_not_an_error():
    for a, b, c, d in [(1, 1, 0, 0), (0, 0, 1, 1), (0, 1, 0, 1), (0, 0, 0, 0)]:
        for result in (prr(a, b, c, d), ror(a, b, c, d)):
            assert np.isnan([result.point, result.low, result.high]).all()
            assert not result.is_exact[0]
        assert np.isnan(chi2_yates(a, b, c, d))
    assert np.isnan(expected(0, 0, 0, 0))
    assert expected(0, 1, 0, 1)[0] == 0


def test_every_report_with_the_event_has_no_odds_but_a_prr():
    assert np.isnan(ror(1, 0, 1, 0).point)
    assert prr(1, 0, 1, 0).point[0] == 1


def test_table_closer_to_independence_than_half_a_report_has_chi2_zero():
    # ad - bc = 100, N / 2 = 1000: without the maximum R and others see 405.
    assert chi2_yates(10, 90, 189, 1711)[0] == 0


def test_uniform_table_gives_one():
    for ratio in (prr, ror):
        assert ratio(5, 5, 5, 5).point[0] == 1
    assert expected(5, 5, 5, 5)[0] == 5
    assert chi2_yates(5, 5, 5, 5)[0] == 0


def test_32_bit_counts_do_not_overflow():
    small = [
        np.array([n], dtype=np.int32) for n in (60_000, 40_000, 50_000, 19_850_000)
    ]
    assert ror(*small).point[0] == pytest.approx(595.5)
    assert expected(*small)[0] == pytest.approx(550)
    assert chi2_yates(*small)[0] > 0


def test_cells_broadcast_and_a_single_table_is_an_array_of_one():
    result = ror(np.array([1, 2, 3]), 10, 10, 100)
    assert result.point.tolist() == [1, 2, 3]
    assert isinstance(ror(1, 10, 10, 100), Ratio)
    assert ror(1, 10, 10, 100).point.shape == (1,)
    assert ror([], [], [], []).point.shape == (0,)


def test_negative_cell_is_refused():
    with pytest.raises(ValueError, match="negative"):
        prr(1, -1, 5, 5)


def probability_of_the_extreme(a: int, b: int, c: int, d: int, odds: float) -> float:
    """P(A = a | margins) in exact arithmetic over the whole support."""
    odds = Fraction(odds)
    n_drug, n_other, n_event = a + b, c + d, a + c
    support = range(max(0, n_event - n_other), min(n_drug, n_event) + 1)
    weights = {
        k: comb(n_drug, k) * comb(n_other, n_event - k) * odds**k for k in support
    }
    assert a == max(support)
    return float(weights[a] / sum(weights.values()))


@pytest.mark.parametrize(
    "cells",
    [
        (1, 0, 0, 1),
        (3, 1, 0, 100_000),
        (50, 0, 0, 100_000),
        (60, 0, 300, 5000),
        (200, 400, 0, 900),
        (3, 0, 100, 1),
    ],
)
def test_table_at_its_exact_lower_limit_has_probability_one_fortieth(cells):
    low = ror(*cells).low[0]
    assert probability_of_the_extreme(*cells, low) == pytest.approx(0.025, rel=1e-10)


def test_prr_at_its_exact_lower_limit_has_a_binomial_probability_of_one_fortieth():
    a, b, d = 4, 96, 9_900
    low = prr(a, b, 0, d).low[0]
    share = low * (a + b) / (low * (a + b) + d)
    assert share**a == pytest.approx(0.025)


positive = st.integers(1, 10**8)
count = st.integers(0, 10**8)


@given(count, count, count, count)
def test_estimate_lies_inside_its_limits(a, b, c, d):
    for result in (prr(a, b, c, d), ror(a, b, c, d)):
        if not np.isnan(result.point[0]):
            # b = d = 0 leaves no variance: limits and estimate are 1 but for rounding.
            assert result.low[0] <= result.point[0] * (1 + 1e-12)
            assert result.point[0] <= result.high[0] * (1 + 1e-12)


@given(count, count, count, count)
def test_every_table_with_full_margins_has_limits(a, b, c, d):
    if min(a + b, c + d, a + c, b + d) > 0:
        for result in (prr(a, b, c, d), ror(a, b, c, d)):
            assert not np.isnan([result.point, result.low, result.high]).any()
            assert np.isfinite(result.low[0])
        assert np.isfinite(chi2_yates(a, b, c, d)[0])


@given(positive, positive, positive, positive)
def test_filled_tables_are_finite_up_to_a_hundred_million_in_each_cell(a, b, c, d):
    for result in (prr(a, b, c, d), ror(a, b, c, d)):
        assert np.isfinite([result.point, result.low, result.high]).all()
        assert result.low[0] > 0
        assert not result.is_exact[0]


@given(count, count, positive, positive, st.integers(1, 1000))
def test_more_reports_of_the_pair_never_lower_the_ratio(a, b, c, d, more):
    for ratio in (prr, ror):
        fewer, result = ratio(a, b, c, d), ratio(a + more, b, c, d)
        if not np.isnan(fewer.point[0]):
            assert result.point[0] >= fewer.point[0] * (1 - 1e-12)


@given(st.integers(1, 500), count, positive, st.integers(1, 100))
def test_more_reports_never_lower_an_exact_limit(a, b, d, more):
    for ratio in (prr, ror):
        fewer, result = ratio(a, b, 0, d), ratio(a + more, b, 0, d)
        assert result.low[0] >= fewer.low[0] * (1 - 1e-9)


@given(count, count, count, count)
def test_swapping_drug_and_event_leaves_ror_and_chi2(a, b, c, d):
    this, other = ror(a, b, c, d), ror(a, c, b, d)
    for ours, theirs in zip(
        (this.point, this.low, this.high, chi2_yates(a, b, c, d)),
        (other.point, other.low, other.high, chi2_yates(a, c, b, d)),
        strict=True,
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)
    assert expected(a, b, c, d) == pytest.approx(expected(a, c, b, d), nan_ok=True)


@given(count, count, count, count)
def test_the_other_event_has_the_reciprocal_odds(a, b, c, d):
    this, other = ror(a, b, c, d), ror(b, a, d, c)
    if not np.isnan(this.point[0]):
        with np.errstate(divide="ignore"):
            np.testing.assert_allclose(this.low, 1 / other.high, rtol=1e-9)
            np.testing.assert_allclose(this.high, 1 / other.low, rtol=1e-9)
