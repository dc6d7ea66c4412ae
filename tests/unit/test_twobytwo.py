"""PRR, ROR, chi-squared and expected counts against peers, papers and identities."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pvsignal.stats import (
    Ratio,
    chi2,
    chi2_p,
    chi2_yates,
    expected,
    poisson_p_greater,
    prr,
    relative_reporting_ratio,
    ror,
    yules_q,
)
from tests.stats_vectors import (
    Columns,
    assert_near,
    assert_same,
    cells,
    folded,
    golden,
    phvid,
    vectors,
)

# fisher.test solves for the odds ratio or its reciprocal, whichever is below 1, to
# .Machine$double.eps^0.25: no digit of a limit beyond some thousands is right.
FISHER_TOLERANCE = 1.3e-4


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


def test_pearson_is_that_of_r(table):
    assert_same(chi2(*cells(table)), table["chi2"])


def test_probabilities_of_chi2_are_those_of_r_unless_r_leaves_a_rest(table):
    assert_near(chi2_p(table["chi2"]), table["chi2_p"], within=1e-10)
    ours = chi2_yates(*cells(table))
    # R subtracts min(1/2, |O - E|) cell by cell and keeps some 1e-13 where the statistic
    # is 0, which makes its p 0.99999977: the right one is 1.
    rest = (ours == 0) & (table["chi2_yates"] > 0)
    assert table["chi2_yates"][rest].max(initial=0) < 1e-12
    assert (chi2_p(ours[rest]) == 1).all()
    assert_near(chi2_p(ours[~rest]), table["chi2_yates_p"][~rest], within=1e-10)


def test_poisson_tail_is_that_of_r(table):
    ours = poisson_p_greater(table["a"], expected(*cells(table)))
    assert_near(ours, table["poisson_p_greater"], within=1e-10)


@pytest.mark.parametrize(("ratio", "name"), [(prr, "prr"), (ror, "ror")])
def test_ratios_of_a_whole_database_are_those_of_phvid(ratio, name):
    table = phvid()
    # PhViD gives NaN for c = 0, and this table has no such pair.
    result = ratio(*cells(table))
    assert_same(result.point, table[name])
    assert_near(np.log(result.low), table[f"{name}_ln_lb"], within=1e-9)


def test_exact_odds_ratio_limits_are_those_of_fisher_test(table):
    result = ror(*cells(table))

    for ours, theirs in [
        (result.low, table["exact_low"]),
        (result.high, table["exact_high"]),
    ]:
        flagged = result.is_exact
        assert_near(
            folded(ours[flagged]), folded(theirs[flagged]), within=FISHER_TOLERANCE
        )


def test_rifabutin_and_uveitis_is_as_evans_2001_prints_it():
    cells = 41, 14, 754, 591_958
    assert prr(*cells).point[0] == pytest.approx(585.99, abs=0.005)
    assert not prr(*cells).is_exact[0]


def test_rifabutin_and_uveitis_has_the_chi2_that_evans_2001_prints():
    assert chi2(41, 14, 754, 591_958)[0] == pytest.approx(22_739.5, abs=0.05)
    assert chi2_yates(41, 14, 754, 591_958)[0] == pytest.approx(22_187.3, abs=0.05)


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
        for statistic in (chi2, chi2_yates, yules_q):
            assert np.isnan(statistic(a, b, c, d))
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
    assert chi2(5, 5, 5, 5)[0] == 0
    assert chi2_yates(5, 5, 5, 5)[0] == 0
    assert chi2_p(0)[0] == 1
    assert relative_reporting_ratio(5, 5, 5, 5)[0] == 1
    assert yules_q(5, 5, 5, 5)[0] == 0


def test_relative_reporting_ratio_of_an_empty_margin_is_not_defined():
    assert np.isnan(relative_reporting_ratio(0, 0, 5, 5)[0])
    assert relative_reporting_ratio(0, 5, 5, 5)[0] == 0


def test_yules_q_ends_where_the_odds_ratio_does():
    assert yules_q(3, 0, 7, 3346)[0] == 1
    assert yules_q(0, 1, 1, 100_000)[0] == -1


def test_poisson_tail_of_none_is_one_and_of_any_where_none_is_expected_zero():
    assert poisson_p_greater([0, 0, 1, 3], [0.0, 2.0, 2.0, 0.0]).tolist() == (
        pytest.approx([1, 1, 1 - np.exp(-2), 0])
    )
    assert np.isnan(poisson_p_greater([0, 1], np.nan)).all()


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
