"""Mantel-Haenszel ratios, stratified expectation and homogeneity against a peer."""

from __future__ import annotations

import doctest
import warnings
from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from statsmodels.stats.contingency_tables import StratifiedTable

from pvsignal.stats import expected, prr, ror, stratified
from pvsignal.stats.stratified import (
    breslow_day,
    mantel_haenszel_prr,
    mantel_haenszel_ror,
    stratified_expected,
)

RATIOS = [mantel_haenszel_ror, mantel_haenszel_prr]
PAIRS = [(mantel_haenszel_ror, ror), (mantel_haenszel_prr, prr)]


def random_tables(n_pairs: int, n_strata: int, seed: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    shape = (n_pairs, n_strata)
    return tuple(rng.poisson(rate, shape) for rate in (4.0, 30.0, 50.0, 900.0))


def peer(cells: tuple[np.ndarray, ...], pair: int) -> StratifiedTable:
    a, b, c, d = (cell[pair].astype(float) for cell in cells)
    return StratifiedTable(
        [np.array([[w, x], [y, z]]) for w, x, y, z in zip(a, b, c, d, strict=True)]
    )


@pytest.mark.parametrize("n_strata", [1, 2, 7, 40])
def test_ratio_limits_and_homogeneity_are_those_of_statsmodels(n_strata):
    cells = random_tables(60, n_strata, seed=n_strata)
    odds, rates, test = (
        f(*cells) for f in (mantel_haenszel_ror, mantel_haenszel_prr, breslow_day)
    )
    assert not odds.is_exact.any() or n_strata == 1
    compared = 0
    for pair in range(60):
        theirs = peer(cells, pair)
        if odds.is_exact[pair]:
            continue
        assert odds.point[pair] == pytest.approx(theirs.oddsratio_pooled, rel=1e-9)
        low, high = theirs.oddsratio_pooled_confint()
        assert odds.low[pair] == pytest.approx(low, rel=1e-9)
        assert odds.high[pair] == pytest.approx(high, rel=1e-9)
        assert rates.point[pair] == pytest.approx(theirs.riskratio_pooled, rel=1e-9)
        if n_strata > 1:
            equal = theirs.test_equal_odds(adjust=True)
            assert test.df[pair] == n_strata - 1
            assert test.chi2[pair] == pytest.approx(equal.statistic, rel=1e-6)
            assert test.p_value[pair] == pytest.approx(equal.pvalue, abs=1e-8)
        compared += 1
    assert compared >= 55


def test_variance_of_the_prr_is_that_of_greenland_and_robins_term_by_term():
    a, b, c, d = (cell[0] for cell in random_tables(1, 5, seed=3))
    top = right = left = 0.0
    for w, x, y, z in zip(a, b, c, d, strict=True):
        n = int(w + x + y + z)
        top += ((w + x) * (y + z) * (w + y) - w * y * n) / n**2
        right += w * (y + z) / n
        left += y * (w + x) / n
    made = mantel_haenszel_prr(a, b, c, d)
    width = 1.959963984540054 * np.sqrt(top / (right * left))
    assert made.low[0] == pytest.approx(right / left * np.exp(-width), rel=1e-12)
    assert made.high[0] == pytest.approx(right / left * np.exp(width), rel=1e-12)


cell = st.integers(0, 10**6)


@pytest.mark.parametrize(("over_strata", "crude"), PAIRS)
@given(cell, cell, cell, cell)
def test_one_stratum_gives_the_crude_ratio_zero_cells_included(
    over_strata, crude, a, b, c, d
):
    made, plain = over_strata([a], [b], [c], [d]), crude(a, b, c, d)
    np.testing.assert_allclose(made.point, plain.point, rtol=1e-9)
    # A variance of zero is, as a sum of four shares, one of rounding.
    np.testing.assert_allclose(made.low, plain.low, rtol=1e-7)
    np.testing.assert_allclose(made.high, plain.high, rtol=1e-7)
    assert made.is_exact[0] == plain.is_exact[0]


def test_one_stratum_gives_the_crude_expected_count():
    cells = random_tables(50, 1, seed=9)
    a, b, c, d = cells
    made = stratified_expected(a + b, a + c, a + b + c + d)
    np.testing.assert_allclose(made, expected(*cells).ravel(), rtol=1e-14)


small_strata = hnp.arrays(
    np.int64, st.tuples(st.just(4), st.integers(1, 4)), elements=st.integers(0, 12)
)


@pytest.mark.parametrize("ratio", RATIOS)
@given(small_strata)
def test_estimate_lies_inside_its_limits_and_a_comparison_always_has_them(ratio, cells):
    made = ratio(*cells)
    a, b, c, d = cells
    whole = (a + b > 0) & (c + d > 0) & (a + c > 0)
    if ratio is mantel_haenszel_ror:
        whole &= b + d > 0
    assert np.isnan(made.point[0]) == (not whole.any())
    if whole.any():
        assert not np.isnan([made.low[0], made.high[0]]).any()
        assert np.isfinite(made.low[0])
        assert made.high[0] > 0
        assert made.low[0] <= made.point[0] * (1 + 1e-9)
        assert made.point[0] <= made.high[0] * (1 + 1e-9)
        assert made.is_exact[0] == (made.point[0] in (0, np.inf))


@pytest.mark.parametrize("ratio", RATIOS)
@given(small_strata, st.randoms(use_true_random=False))
def test_order_of_strata_and_empty_ones_among_them_change_nothing(ratio, cells, random):
    made = ratio(*cells)
    strata = [*cells.T, np.zeros(4, dtype=int), np.zeros(4, dtype=int)]
    random.shuffle(strata)
    again = ratio(*np.array(strata).T)
    for name in ("point", "low", "high"):
        np.testing.assert_allclose(getattr(again, name), getattr(made, name), rtol=1e-9)


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize(
    "extra",
    [(0, 0, 5, 90), (5, 90, 0, 0), (0, 40, 0, 700), (0, 0, 0, 0)],
    ids=["no report with the drug", "none without", "none with the event", "no report"],
)
def test_stratum_without_a_comparison_counts_for_nothing(ratio, extra):
    cells = np.array([[5, 60, 20, 800], [3, 50, 11, 600]])
    with_it = ratio(*np.vstack([cells, extra]).T)
    without = ratio(*cells.T)
    assert with_it.point[0] == without.point[0]
    assert with_it.low[0] == pytest.approx(without.low[0])
    test, plain = breslow_day(*np.vstack([cells, extra]).T), breslow_day(*cells.T)
    assert test.chi2[0] == pytest.approx(plain.chi2[0])
    assert (test.df[0], plain.df[0]) == (1, 1)


@given(small_strata)
def test_ratio_of_the_others_is_the_reciprocal(cells):
    a, b, c, d = cells
    for ratio in RATIOS:
        made, other = ratio(a, b, c, d), ratio(c, d, a, b)
        if not np.isnan(made.point[0]):
            with np.errstate(divide="ignore"):
                np.testing.assert_allclose(1 / other.point, made.point, rtol=1e-9)
                np.testing.assert_allclose(1 / other.high, made.low, rtol=1e-8)


def probability_of_the_extreme(strata: list[tuple[int, ...]], odds: float) -> float:
    """P(sum of a is the observed, largest one | margins), in exact arithmetic."""
    product = Fraction(1)
    for a, b, c, d in strata:
        n_drug, n_other, n_event = a + b, c + d, a + c
        support = range(max(0, n_event - n_other), min(n_drug, n_event) + 1)
        weights = {
            k: comb(n_drug, k) * comb(n_other, n_event - k) * Fraction(odds) ** k
            for k in support
        }
        assert a == max(support)
        product *= weights[a] / sum(weights.values())
    return float(product)


@pytest.mark.parametrize(
    "strata",
    [
        [(2, 20, 0, 4000), (1, 10, 0, 5000)],
        [(1, 0, 5, 300), (4, 9, 0, 800), (0, 3, 0, 90)],
        [(30, 5, 0, 60), (70, 0, 3, 40)],
        [(1, 5, 0, 20)] * 30,
        [(1, 4, 0, 5000), (2, 9, 0, 0), (0, 0, 7, 900)],
    ],
)
def test_event_without_a_report_elsewhere_has_an_exact_lower_limit(strata):
    made = mantel_haenszel_ror(*np.array(strata).T)
    assert made.point[0] == made.high[0] == np.inf
    assert made.is_exact[0]
    assert probability_of_the_extreme(strata, made.low[0]) == pytest.approx(
        0.025, rel=1e-8
    )


def test_prr_at_its_exact_limit_has_a_probability_of_one_fortieth():
    a, b, d = np.array([2, 1]), np.array([40, 90]), np.array([5000, 600])
    made = mantel_haenszel_prr(a, b, [0, 0], d)
    share = made.low[0] * (a + b) / (made.low[0] * (a + b) + d)
    assert made.is_exact[0]
    assert np.prod(share**a) == pytest.approx(0.025)
    # With the stratum that says less alone the limit is lower.
    assert prr(2, 40, 0, 5000).low[0] != pytest.approx(made.low[0])


def test_pair_that_nobody_reported_is_zero_with_an_upper_limit():
    for ratio in RATIOS:
        made = ratio([0, 0], [10, 20], [5, 6], [900, 800])
        assert made.point[0] == made.low[0] == 0
        assert 0 < made.high[0] < np.inf
        assert made.is_exact[0]


def test_exact_limits_of_a_split_table_are_near_those_of_the_whole():
    whole = ror(6, 60, 0, 60_000).low[0]
    split = mantel_haenszel_ror([3, 3], [30, 30], [0, 0], [30_000, 30_000]).low[0]
    assert split == pytest.approx(whole, rel=0.3)


def test_confounder_that_makes_the_crude_ratio_is_taken_out():
    a, b, c, d = [90, 1], [90, 9], [10, 90], [10, 810]
    assert ror(*(np.sum(x) for x in (a, b, c, d))).low[0] > 3
    assert mantel_haenszel_ror(a, b, c, d).point[0] == pytest.approx(1)
    assert mantel_haenszel_prr(a, b, c, d).point[0] == pytest.approx(1)
    n_drug, n_event = np.add(a, b), np.add(a, c)
    made = stratified_expected(n_drug, n_event, n_drug + np.add(c, d))
    assert made[0] == pytest.approx(np.sum(a))


def test_expected_count_of_an_empty_stratum_is_zero():
    assert stratified_expected([5, 0], [10, 0], [100, 0])[0] == 0.5
    assert stratified_expected([0, 5], [10, 0], [100, 7])[0] == 0


def test_strata_totals_serve_all_pairs():
    made = stratified_expected([[5, 1], [0, 2]], [[10, 10], [20, 30]], [100, 50])
    np.testing.assert_allclose(made, [0.7, 1.2])


@pytest.mark.parametrize(
    "margins", [([5], [1], [4]), ([1], [5], [4]), ([-1], [5], [9])]
)
def test_margin_that_does_not_fit_its_stratum_is_refused(margins):
    with pytest.raises(ValueError, match="margin"):
        stratified_expected(*margins)


def test_strata_with_one_odds_ratio_are_homogeneous():
    made = breslow_day([40, 10, 5], [10, 10, 5], [50, 5, 20], [50, 20, 80])
    assert made.chi2[0] == pytest.approx(0, abs=1e-9)
    assert (made.df[0], made.p_value[0]) == (2, pytest.approx(1))


@pytest.mark.parametrize(
    "cells",
    [
        ([5], [60], [20], [800]),
        ([3, 1], [20, 10], [0, 0], [400, 500]),
        ([0, 0], [20, 10], [3, 1], [400, 500]),
        ([0, 0], [0, 0], [0, 0], [0, 0]),
    ],
    ids=["one stratum", "infinite ratio", "ratio zero", "no report"],
)
def test_homogeneity_of_nothing_to_compare_is_not_defined(cells):
    made = breslow_day(*cells)
    assert np.isnan(made.chi2[0])
    assert np.isnan(made.p_value[0])


def test_homogeneity_holds_at_the_size_of_faers_and_for_great_odds_ratios():
    # Odds ratios of 1e6 each, in margins of up to 1e8.
    a, b, c, d = [900, 1800], [1000, 2000], [90, 180], [10**8, 2 * 10**8]
    made = breslow_day(a, b, c, d)
    assert made.chi2[0] == pytest.approx(0, abs=1e-6)
    fitted = stratified._fitted(
        *(np.array([float(x)]) for x in (1900, 990, 100_000_090, 100_001_000, 1e4))
    )
    a, b, c = fitted[0], 1900 - fitted[0], 990 - fitted[0]
    assert a * (100_000_090 - c) / (b * c) == pytest.approx(1e4, rel=1e-9)


@given(
    st.floats(1, 1e6),
    st.floats(1, 1e6),
    st.floats(1, 1e6),
    st.floats(0.001, 0.999),
    st.floats(1e-6, 1e6),
)
def test_cell_fitted_to_margins_has_the_odds_ratio_asked_for(
    row, other, total, share, psi
):
    column = share * (row + other)
    fit = [np.array([x]) for x in (row, column, other, row + other - column, psi)]
    a = stratified._fitted(*fit)[0]
    b = stratified._fitted(
        *(np.array([x]) for x in (row, row + other - column, other, column, 1 / psi))
    )[0]
    c = stratified._fitted(
        *(np.array([x]) for x in (other, column, row, row + other - column, 1 / psi))
    )[0]
    d = stratified._fitted(
        *(np.array([x]) for x in (other, row + other - column, row, column, psi))
    )[0]
    assert a + b == pytest.approx(row, rel=1e-9)
    assert a + c == pytest.approx(column, rel=1e-9)
    assert a * d / (b * c) == pytest.approx(psi, rel=1e-6)


def test_null_tables_fail_homogeneity_as_often_as_said():
    rng = np.random.default_rng(5)
    n_drug, n_other = np.array([300, 500, 200]), np.array([3000, 2000, 4000])
    a, c = rng.binomial(n_drug, 0.1, (4000, 3)), rng.binomial(n_other, 0.05, (4000, 3))
    p = breslow_day(a, n_drug - a, c, n_other - c).p_value
    assert 0.04 < (p < 0.05).mean() < 0.06


def test_shapes_before_the_strata_are_kept():
    cells = [x.reshape(4, 5, 3) for x in random_tables(20, 3, seed=1)]
    flat = [x.reshape(20, 3) for x in cells]
    for ratio in RATIOS:
        assert ratio(*cells).point.shape == (4, 5)
        np.testing.assert_array_equal(ratio(*cells).low.ravel(), ratio(*flat).low)
    assert breslow_day(*cells).p_value.shape == (4, 5)
    assert mantel_haenszel_ror([1, 2], 10, [3, 4], 90).point.shape == (1,)


def test_no_pair_gives_no_result():
    none = np.zeros((0, 3))
    for ratio in RATIOS:
        assert ratio(none, none, none, none).point.shape == (0,)
    assert breslow_day(none, none, none, none).chi2.shape == (0,)


def test_32_bit_counts_do_not_overflow():
    cells = [
        np.array([n, n], dtype=np.int32) for n in (60_000, 40_000, 50_000, 19_850_000)
    ]
    assert mantel_haenszel_ror(*cells).point[0] == pytest.approx(595.5)


def test_negative_cell_is_refused():
    with pytest.raises(ValueError, match="negative"):
        mantel_haenszel_ror([1], [-1], [5], [5])


def test_no_warning_reaches_the_caller():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for cells in ([0, 0, 0, 0], [3, 0, 0, 9], [0, 4, 5, 9]):
            for f in (*RATIOS, breslow_day):
                f(*([x, 0] for x in cells))


def test_the_examples_in_the_docstrings_run():
    assert doctest.testmod(stratified).failed == 0
