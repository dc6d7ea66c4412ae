"""Fisher's test and the conditional odds ratio against R and exact arithmetic."""

from __future__ import annotations

from fractions import Fraction
from math import comb, erfc, floor, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pvsignal.stats import conditional_odds_ratio, fisher, ror
from tests.stats_vectors import (
    Columns,
    assert_near,
    cells,
    folded,
    golden,
    has_empty_margin,
    vectors,
)

# R solves for the odds ratio or its reciprocal to .Machine$double.eps^0.25.
FISHER_TOLERANCE = 1.3e-4


@pytest.fixture(params=[golden, vectors])
def table(request: pytest.FixtureRequest) -> Columns:
    return request.param()


def test_probabilities_are_those_of_fisher_test(table):
    test = fisher(*cells(table))
    assert_near(test.p_greater, table["fisher_p_greater"], within=1e-10)
    assert_near(test.p_two_sided, table["fisher_p_two"], within=1e-10)


def test_conditional_odds_ratio_is_that_of_fisher_test(table):
    result = conditional_odds_ratio(*cells(table))
    # With a margin of 0 R calls the odds ratio 0; nothing is known of it.
    known = ~has_empty_margin(table)
    assert np.isnan(result.point[~known]).all()
    for ours, theirs in [
        (result.point[known], table["conditional_or"][known]),
        (result.low, table["exact_low"]),
        (result.high, table["exact_high"]),
    ]:
        assert_near(folded(ours), folded(theirs), within=FISHER_TOLERANCE)
        there = ~np.isnan(theirs)
        assert (np.isinf(ours) == np.isinf(theirs))[there].all()


def test_limits_of_tables_with_a_zero_cell_are_those_of_the_ror(table):
    conditional, plain = conditional_odds_ratio(*cells(table)), ror(*cells(table))
    flagged = plain.is_exact
    assert (conditional.is_exact == flagged).all()
    for name in ("point", "low", "high"):
        ours, theirs = getattr(conditional, name), getattr(plain, name)
        np.testing.assert_allclose(ours[flagged], theirs[flagged], rtol=1e-12)


def test_lady_tasting_tea_has_the_probabilities_that_fisher_gives():
    all_right = fisher(4, 0, 0, 4)
    assert all_right.p_greater[0] == pytest.approx(1 / 70)
    assert all_right.p_two_sided[0] == pytest.approx(2 / 70)
    assert fisher(3, 1, 1, 3).p_greater[0] == pytest.approx(17 / 70)


def weights(a: int, b: int, c: int, d: int) -> dict[int, int]:
    """Number of tables with each value of the cell a, given the margins."""
    support = range(max(0, a - d), min(a + b, a + c) + 1)
    return {k: comb(a + b, k) * comb(c + d, a + c - k) for k in support}


small = st.integers(0, 40)


@given(small, small, st.integers(0, 80), st.integers(0, 300))
def test_probabilities_are_those_of_exact_arithmetic(a, b, c, d):
    ways = weights(a, b, c, d)
    total = sum(ways.values())
    greater = sum(w for k, w in ways.items() if k >= a)
    equal = ways[a] * (1 + Fraction(1, 10**7))
    two_sided = sum(w for w in ways.values() if w <= equal)
    test = fisher(a, b, c, d)
    assert test.p_greater[0] == pytest.approx(greater / total, rel=1e-12)
    assert test.p_two_sided[0] == pytest.approx(two_sided / total, rel=1e-12)
    mid = float(Fraction(greater, total) - Fraction(ways[a], 2 * total))
    assert test.p_mid[0] == pytest.approx(mid, rel=1e-11)


@given(small, small, st.integers(0, 80), st.integers(0, 300))
def test_estimate_and_limits_solve_their_equations_in_exact_arithmetic(a, b, c, d):
    result = conditional_odds_ratio(a, b, c, d)

    def at(odds: float) -> dict[int, Fraction]:
        weighted = {k: w * Fraction(odds) ** k for k, w in weights(a, b, c, d).items()}
        total = sum(weighted.values())
        return {k: w / total for k, w in weighted.items()}

    if result.low[0] > 0:
        p = at(result.low[0])
        assert float(sum(p[k] for k in p if k >= a)) == pytest.approx(0.025, rel=1e-9)
    if result.high[0] < np.inf:
        p = at(result.high[0])
        assert float(sum(p[k] for k in p if k <= a)) == pytest.approx(0.025, rel=1e-9)
    if 0 < result.point[0] < np.inf:
        p = at(result.point[0])
        assert float(sum(k * p[k] for k in p)) == pytest.approx(a, rel=1e-9)


def test_table_at_the_size_of_faers_is_that_of_exact_arithmetic():
    # SciPy's hypergeom, by Boost, is off by 1e-8 of these.
    for a, b, c, d in [(3, 22_483, 835, 63_953_289), (4, 5738, 333, 63_970_535)]:
        fewer = sum(comb(a + b, k) * comb(c + d, a + c - k) for k in range(a))
        greater = 1 - Fraction(fewer, comb(a + b + c + d, a + c))
        p = fisher(a, b, c, d).p_greater[0]
        assert p == pytest.approx(float(greater), rel=1e-12)


def test_zero_margin_leaves_one_table_and_every_odds_ratio():
    for a, b, c, d in [(0, 0, 1, 100), (0, 5, 0, 9), (3, 0, 1, 0), (0, 0, 0, 0)]:
        test, result = fisher(a, b, c, d), conditional_odds_ratio(a, b, c, d)
        assert test.p_greater[0] == test.p_two_sided[0] == 1
        assert test.p_mid[0] == 0.5
        assert np.isnan(result.point[0])
        assert (result.low[0], result.high[0]) == (0, np.inf)
        assert not result.is_exact[0]


def test_margins_of_a_thousand_million_give_probabilities_and_limits():
    big = 10**9
    even = fisher(big, big, big, big)
    assert even.p_two_sided[0] == 1
    assert even.p_mid[0] == pytest.approx(0.5, abs=1e-12)
    # So many reports are normal, but for half a report of continuity; the other tail
    # begins with the whole number at or beyond the mirrored one.
    a, d = big // 2 + 20_000, big // 2
    n = a + 3 * d
    mean = Fraction((a + d) ** 2, n)
    width = sqrt(2 * (a + d) ** 2 * (2 * d) ** 2 / n**3)
    above, below = a - mean, mean - floor(2 * mean - a)
    p = sum(erfc(float(tail - Fraction(1, 2)) / width) / 2 for tail in (above, below))
    assert fisher(a, d, d, d).p_two_sided[0] == pytest.approx(p, rel=1e-8)
    result = conditional_odds_ratio(a, d, d, d)
    wald = ror(a, d, d, d)
    assert result.low[0] == pytest.approx(wald.low[0], rel=1e-7)
    assert result.high[0] == pytest.approx(wald.high[0], rel=1e-7)
    assert result.point[0] == pytest.approx(wald.point[0], rel=1e-9)


def test_arrays_keep_their_shape_and_may_be_empty():
    a = np.array([[1, 2], [3, 4]])
    assert fisher(a, 5, 6, 7).p_mid.shape == (2, 2)
    assert conditional_odds_ratio(a, 5, 6, 7).low.shape == (2, 2)
    assert fisher([], [], [], []).p_greater.shape == (0,)
    assert conditional_odds_ratio([], [], [], []).point.shape == (0,)


def test_a_table_gets_the_same_numbers_alone_and_among_others():
    table = golden()
    together = conditional_odds_ratio(*cells(table))
    for i, one in enumerate(zip(*cells(table), strict=True)):
        alone = conditional_odds_ratio(*one)
        np.testing.assert_allclose(alone.low[0], together.low[i], rtol=1e-12)
        np.testing.assert_allclose(alone.high[0], together.high[i], rtol=1e-12)
        assert fisher(*one).p_greater[0] == fisher(*cells(table)).p_greater[i]
