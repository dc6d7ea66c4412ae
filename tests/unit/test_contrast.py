"""Recent against earlier odds ratio: a constant ratio does not rise."""

from __future__ import annotations

import doctest
from fractions import Fraction
from math import comb, exp, log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pvsignal.stats import contrast, recent_contrast, ror

# Recent and earlier: reports of the drug, other reports, share of the event among
# these. The odds ratio is the same in both.
SCENARIOS = {
    "few of late, long known": (100, 20_000, 10_000, 1_000_000),
    "few before": (3_000, 300, 200_000, 200_000),
    "as many as before": (600, 600, 100_000, 100_000),
    "many": (10_000, 20_000, 100_000, 200_000),
    "small background": (300, 600, 300, 500),
}


def constant(scenario: str, *, ratio: float, share: float, n: int, seed: int):
    """Tables of the two windows whose odds ratio does not change."""
    rng = np.random.default_rng(seed)
    drug, drug_before, other, other_before = SCENARIOS[scenario]
    with_drug = ratio * share / (1 - share + ratio * share)
    cells = []
    # The event itself is reported half as often in the earlier window.
    for n_drug, n_other, odds in ((drug, other, 1.0), (drug_before, other_before, 0.5)):
        p, q = (odds * s / (1 - s + odds * s) for s in (with_drug, share))
        a, c = rng.binomial(n_drug, p, n), rng.binomial(n_other, q, n)
        cells += [a, n_drug - a, c, n_other - c]
    return cells


@pytest.mark.parametrize("ratio", [1.0, 4.0])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_constant_ratio_is_called_rising_at_most_as_often_as_its_level(scenario, ratio):
    n = 8_000
    cells = constant(scenario, ratio=ratio, share=0.01 / ratio, n=n, seed=3)
    share = recent_contrast(*cells).is_rising.mean()
    assert share <= 0.05 + 3 * sqrt(0.05 * 0.95 / n)


def test_normal_limit_alone_would_call_a_constant_ratio_rising_too_often():
    cells = constant("few of late, long known", ratio=1.0, share=0.01, n=8_000, seed=3)
    result = recent_contrast(*cells)
    assert ((result.low > 1) & (cells[0] >= 3)).mean() > 0.07
    assert result.is_rising.mean() < 0.05


def test_ratio_that_triples_is_called_rising():
    cells = constant("many", ratio=1.0, share=0.01, n=500, seed=5)
    a = cells[0] * 3
    result = recent_contrast(a, cells[0] + cells[1] - a, *cells[2:])
    assert result.is_rising.mean() > 0.99


def test_estimate_and_limits_are_those_of_two_odds_ratios():
    recent, before = (8, 92, 1000, 99_000), (10, 490, 5000, 495_000)
    result = recent_contrast(*recent, *before)
    ratio = ror(*recent).point[0] / ror(*before).point[0]
    width = 1.6448536269514722 * sqrt(sum(1 / cell for cell in recent + before))
    assert result.point[0] == pytest.approx(ratio, rel=1e-12)
    assert result.low[0] == pytest.approx(ratio * exp(-width), rel=1e-12)
    assert result.high[0] == pytest.approx(ratio * exp(width), rel=1e-12)


def test_the_examples_in_the_docstrings_run():
    assert doctest.testmod(contrast).failed == 0


def distribution(recent, before, ratio=Fraction(1)) -> dict[int, Fraction]:
    """Recent cases given all margins, in exact arithmetic over the whole support."""
    (a, b, c, d), (a2, b2, c2, d2) = recent, before
    s = a + a2
    weights = {
        k: comb(a + b, k)
        * comb(c + d, a + c - k)
        * comb(a2 + b2, s - k)
        * comb(c2 + d2, a2 + c2 - s + k)
        * ratio**k
        for k in range(min(s, a + c, a + b) + 1)
        if a2 + c2 >= s - k
    }
    total = sum(weights.values())
    return {k: w / total for k, w in weights.items() if w}


cell = st.integers(0, 30)
table = st.tuples(cell, cell, cell, cell)


@given(table, table)
def test_p_value_is_that_of_the_conditional_distribution(recent, before):
    exact = distribution(recent, before)
    p = sum(weight for k, weight in exact.items() if k >= recent[0])
    assert recent_contrast(*recent, *before).p_rising[0] == pytest.approx(
        float(p), rel=1e-9
    )


@given(table, table)
def test_exact_limit_leaves_one_twentieth_outside(recent, before):
    result = recent_contrast(*recent, *before)
    if not result.is_exact[0]:
        return
    infinite = result.point[0] == np.inf
    limit = result.low[0] if infinite else result.high[0]
    observed = distribution(recent, before, Fraction(float(limit)))[recent[0]]
    assert float(observed) == pytest.approx(0.05, rel=1e-8)


@given(table, table)
def test_at_no_table_is_the_test_above_its_level(recent, before):
    # Over all tables with these margins, weighted by their probability.
    level = Fraction(0)
    for k, weight in distribution(recent, before).items():
        moved = k - recent[0]
        (a, b, c, d), (a2, b2, c2, d2) = recent, before
        result = recent_contrast(
            *(a + moved, b - moved, c - moved, d + moved),
            *(a2 - moved, b2 + moved, c2 + moved, d2 - moved),
        )
        level += weight * int(result.is_rising[0])
    assert level <= 0.05


def test_no_case_before_is_infinite_with_a_finite_lower_limit():
    result = recent_contrast(6, 94, 1000, 99_000, 0, 100, 1000, 99_000)
    assert result.point[0] == result.high[0] == np.inf
    # All six fell into the recent half: 0.05 = [r / (1 + r)]^6, but for finite margins.
    share = 0.05 ** (1 / 6)
    assert result.low[0] == pytest.approx(share / (1 - share), rel=0.05)
    assert result.is_exact[0]
    assert result.is_rising[0]


def test_no_recent_case_is_zero_and_never_rising():
    result = recent_contrast(0, 100, 1000, 99_000, 6, 94, 1000, 99_000)
    assert result.point[0] == result.low[0] == 0
    assert 0 < result.high[0] < 2
    assert result.p_rising[0] == 1
    assert not result.is_rising[0]


def test_no_case_at_all_is_undefined_and_not_rising():
    result = recent_contrast(0, 100, 1000, 99_000, 0, 100, 1000, 99_000)
    assert np.isnan([result.point, result.low, result.high]).all()
    assert result.p_rising[0] == 1
    assert not result.is_rising[0]
    assert not result.is_exact[0]


def test_two_recent_cases_are_too_few_whatever_the_ratio():
    result = recent_contrast(2, 1, 10, 100_000, 1, 100_000, 10, 100_000)
    assert result.low[0] > 1
    assert result.p_rising[0] < 0.05
    assert not result.is_rising[0]


def test_same_tables_twice_give_one():
    result = recent_contrast(*[5, 50, 500, 5000] * 2)
    assert result.point[0] == pytest.approx(1)
    assert result.low[0] == pytest.approx(1 / result.high[0])


def test_tables_broadcast_and_negative_cells_are_refused():
    result = recent_contrast(np.array([[1, 2], [3, 4]]), 10, 10, 100, 1, 10, 10, 100)
    assert result.point.shape == result.is_rising.shape == (2, 2)
    assert recent_contrast(*[[]] * 8).point.shape == (0,)
    with pytest.raises(ValueError, match="negative"):
        recent_contrast(*[1] * 7, -1)


filled = st.tuples(*[st.integers(1, 10**5)] * 8)


@given(filled)
def test_swapping_the_windows_gives_the_reciprocal(cells):
    this = recent_contrast(*cells)
    other = recent_contrast(*cells[4:], *cells[:4])
    assert log(this.point[0]) == pytest.approx(-log(other.point[0]), abs=1e-9)
    assert log(this.low[0]) == pytest.approx(-log(other.high[0]), abs=1e-9)
    assert this.p_rising[0] + other.p_rising[0] >= 1 - 1e-9


@given(filled, st.integers(1, 100))
def test_more_recent_cases_never_raise_the_p_value(cells, more):
    a, *others = cells
    fewer, result = recent_contrast(*cells), recent_contrast(a + more, *others)
    assert result.point[0] > fewer.point[0]
    assert result.p_rising[0] <= fewer.p_rising[0] * (1 + 1e-9)
