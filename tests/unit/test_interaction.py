"""Omega against its published definition, written out, and at its edges."""

from __future__ import annotations

import doctest
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import gamma

from pvsignal.stats import interaction, omega

VECTORS = Path(__file__).parents[2].parent / "shared" / "stats" / "vectors"
COUNTS = ["n111", "n11", "n101", "n10", "n011", "n01", "n001", "n00"]


def test_omega_is_that_of_a_computation_apart():
    file = VECTORS / "omega_ddi.csv"
    if not file.exists():
        pytest.skip("the shared vectors are not beside the checkout")
    rows = pd.read_csv(file)
    result = omega(*(rows[count] for count in COUNTS))
    theirs = ["E111", "omega", "omega025_gamma", "omega975_gamma"]
    np.testing.assert_allclose(result, rows[theirs], rtol=1e-11, atol=1e-11)


def test_the_examples_in_the_docstrings_run():
    assert doctest.testmod(interaction).failed == 0


def test_drugs_that_each_add_their_excess_expect_the_sum():
    # Odds 1/99 with neither, 3/99 and 5/99 with one: 7/99 with both, share 7/106.
    result = omega(0, 106, 3, 102, 5, 104, 1, 100)
    assert result.expected[0] == pytest.approx(7)


def test_drug_that_takes_reports_away_does_not_lower_what_is_expected():
    protective = omega(5, 100, 0, 100, 10, 100, 10, 100)
    indifferent = omega(5, 100, 10, 100, 10, 100, 10, 100)
    assert protective.expected[0] == indifferent.expected[0] == pytest.approx(10)


def test_as_many_reports_as_expected_give_zero_between_the_limits():
    result = omega(10, 100, 10, 100, 10, 100, 10, 100)
    assert result.omega[0] == pytest.approx(0, abs=1e-12)
    assert result.omega025[0] < 0 < result.omega975[0]


@pytest.mark.parametrize("empty", ["n10", "n01", "n00"])
def test_stratum_without_reports_leaves_nothing_to_expect(empty):
    counts = dict(zip(COUNTS, [3, 10, 1, 10, 1, 10, 1, 10], strict=True))
    counts |= {empty: 0, {"n10": "n101", "n01": "n011", "n00": "n001"}[empty]: 0}
    assert omega(**counts).isna().all(axis=None)


def test_pair_that_nobody_reported_is_zero_and_says_nothing():
    result = omega(0, 0, 1, 10, 1, 10, 1, 10)
    assert result.expected[0] == result.omega[0] == 0
    assert result.omega025[0] < -9
    assert result.omega975[0] > 2


@pytest.mark.parametrize("full", ["n101", "n011", "n001"])
def test_stratum_that_always_has_the_event_expects_it_with_both(full):
    counts = dict(zip(COUNTS, [3, 5, 1, 10, 1, 10, 1, 10], strict=True))
    assert omega(**(counts | {full: 10})).expected[0] == 5


def test_event_only_with_both_drugs_is_more_than_nothing_expected():
    result = omega(4, 10, 0, 100, 0, 100, 0, 1000)
    assert result.expected[0] == 0
    assert result.omega[0] == pytest.approx(np.log2(9))
    assert result.omega025[0] > 1


def test_counts_broadcast_and_no_pair_is_no_row():
    assert len(omega([1, 2, 3], 10, 1, 10, 1, 10, 1, 100)) == 3
    assert len(omega(*[[]] * 8)) == 0


def test_counts_that_no_reports_have_are_refused():
    with pytest.raises(ValueError, match="negative"):
        omega(-1, 10, 1, 10, 1, 10, 1, 10)
    with pytest.raises(ValueError, match="more reports with the event"):
        omega(1, 10, 11, 10, 1, 10, 1, 10)
    with pytest.raises(ValueError, match="dimension"):
        omega([[1]], 10, 1, 10, 1, 10, 1, 10)


stratum = st.tuples(st.integers(0, 10**6), st.integers(1, 10**7)).map(
    lambda counts: (counts[0], sum(counts))
)
filled = st.tuples(stratum, stratum, stratum, stratum).map(lambda s: sum(s, ()))


@given(filled)
def test_omega_is_the_printed_formula_in_exact_arithmetic(counts):
    n111, n11, *others = counts
    odds = [
        Fraction(others[i], others[i + 1] - others[i]) for i in (0, 2, 4)
    ]  # first drug, second drug, neither
    first, second, neither = odds
    share = 1 - 1 / (max(neither, first) + max(neither, second) - neither + 1)
    expected = float(share * n11)
    result = omega(*counts).iloc[0]
    assert result.expected == pytest.approx(expected, rel=1e-12)
    for name, count in [
        ("omega", n111 + 0.5),
        ("omega025", gamma.ppf(0.025, n111 + 0.5)),
        ("omega975", gamma.ppf(0.975, n111 + 0.5)),
    ]:
        value = np.log2(count / (expected + 0.5))
        assert result[name] == pytest.approx(value, rel=1e-9, abs=1e-9)


@given(filled)
def test_order_of_the_two_drugs_does_not_matter(counts):
    n111, n11, n101, n10, n011, n01, n001, n00 = counts
    pd.testing.assert_frame_equal(
        omega(*counts), omega(n111, n11, n011, n01, n101, n10, n001, n00)
    )


@given(filled, st.integers(1, 1000))
def test_more_reports_with_both_raise_omega_and_its_limits(counts, more):
    n111, n11, *others = counts
    fewer = omega(n111, n11 + more, *others)
    result = omega(n111 + more, n11 + more, *others)
    names = ["omega", "omega025", "omega975"]
    assert (result[names] > fewer[names]).all(axis=None)
