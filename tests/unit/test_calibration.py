"""Empirical null: what was put in is found, and p-values against it are uniform."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import kstest, norm

from pvsignal.stats import EmpiricalNull, calibrated_p, calibration, empirical_null

PERFECT = EmpiricalNull(0.0, 0.0, 100, 0, 0.025, 0.025)


def controls(n: int, *, mean: float, spread: float, seed: int):
    """Log ratios and standard errors of negative controls."""
    rng = np.random.default_rng(seed)
    se = rng.uniform(0.05, 0.6, n)
    return rng.normal(mean, np.hypot(spread, se)), se


def test_the_examples_in_the_docstrings_run():
    assert doctest.testmod(calibration).failed == 0


@given(st.floats(-5, 5), st.floats(0.01, 3))
def test_against_a_perfect_null_calibrated_equals_raw(log_ratio, se):
    p = calibrated_p(log_ratio, se, PERFECT)
    assert p.two_sided == p.raw_two_sided
    assert p.one_sided == p.raw_one_sided


@pytest.mark.parametrize(("mean", "spread"), [(0.3, 0.4), (-0.2, 0.1), (0.0, 1.0)])
def test_mean_and_spread_put_in_are_found(mean, spread):
    null = empirical_null(*controls(4_000, mean=mean, spread=spread, seed=1))
    assert null.mean == pytest.approx(mean, abs=0.05)
    assert null.spread == pytest.approx(spread, abs=0.03)
    assert null.n == 4_000


def test_controls_apart_by_chance_alone_have_next_to_no_spread():
    null = empirical_null(*controls(4_000, mean=0.0, spread=0.0, seed=2))
    assert null.spread < 0.06
    assert null.share_flagged == pytest.approx(0.025, abs=0.008)


def test_controls_closer_than_their_errors_have_a_spread_of_zero():
    null = empirical_null([0.1, -0.1, 0.05, 0.0, -0.05], [1.0] * 5)
    assert null.spread == 0
    assert null.mean == pytest.approx(0)


def test_estimates_are_the_peak_of_the_likelihood_in_both():
    x, se = controls(40, mean=0.3, spread=0.4, seed=3)

    def loss(theta):
        return -norm.logpdf(x, theta[0], np.hypot(theta[1], se)).sum()

    null = empirical_null(x, se)
    best = minimize(loss, [0.0, 0.2], method="Nelder-Mead", tol=1e-12)
    assert loss([null.mean, null.spread]) <= best.fun + 1e-9
    assert null.mean == pytest.approx(best.x[0], abs=1e-4)
    assert null.spread == pytest.approx(abs(best.x[1]), abs=1e-4)


def test_calibrated_p_values_of_new_controls_are_uniform_and_raw_ones_are_not():
    null = empirical_null(*controls(2_000, mean=0.3, spread=0.4, seed=4))
    p = calibrated_p(*controls(2_000, mean=0.3, spread=0.4, seed=5), null)
    assert kstest(p.two_sided, "uniform").pvalue > 0.01
    assert kstest(p.one_sided, "uniform").pvalue > 0.01
    assert kstest(p.raw_two_sided, "uniform").pvalue < 1e-6


def test_share_of_controls_flagged_falls_to_its_level():
    null = empirical_null(*controls(2_000, mean=0.3, spread=0.4, seed=6))
    assert null.share_flagged > 0.3
    assert null.share_flagged_calibrated == pytest.approx(0.025, abs=0.01)


def test_controls_without_an_estimate_are_left_out_and_counted():
    x, se = controls(10, mean=0.3, spread=0.4, seed=7)
    more = empirical_null(
        [*x, -np.inf, np.nan, 0.2, 0.2], [*se, np.inf, 1.0, 0.0, np.nan]
    )
    plain = empirical_null(x, se)
    assert (more.mean, more.spread, more.n) == (plain.mean, plain.spread, 10)
    assert (more.n_left_out, plain.n_left_out) == (4, 0)


@pytest.mark.parametrize("n", [0, 4])
def test_fewer_than_five_controls_give_no_null_and_no_calibrated_p(n):
    null = empirical_null([0.1] * n, [0.1] * n)
    assert null.n == n
    assert np.isnan([null.mean, null.spread, null.share_flagged]).all()
    p = calibrated_p([1.0], [0.1], null)
    assert np.isnan([p.two_sided, p.one_sided]).all()
    assert p.raw_one_sided[0] < 1e-6


def test_equal_controls_have_their_value_as_the_null():
    null = empirical_null([0.7] * 6, [0.1] * 6)
    assert (null.mean, null.spread) == (pytest.approx(0.7), 0)


def test_ratio_without_an_error_has_no_p_value():
    p = calibrated_p([np.inf, 0.5], [np.nan, 0.0], PERFECT)
    assert np.isnan([p.raw_two_sided, p.raw_one_sided, p.two_sided]).all()


def test_lengths_that_differ_are_refused():
    with pytest.raises(ValueError, match="length"):
        empirical_null([0.1] * 6, [0.1] * 5)


@given(
    st.floats(-3, 3),
    st.floats(0.01, 2),
    st.floats(0, 2),
    st.floats(0, 2),
    st.floats(0, 1),
)
def test_more_spread_never_makes_a_high_ratio_rarer(x, se, mean, spread, more):
    null = EmpiricalNull(mean, spread, 40, 0, 0.1, 0.0)
    wider = EmpiricalNull(mean, spread + more, 40, 0, 0.1, 0.0)
    this, other = (calibrated_p(x, se, n).two_sided[0] for n in (null, wider))
    assert other >= this - 1e-12


@given(
    st.lists(st.tuples(st.floats(-3, 3), st.floats(0.05, 2)), min_size=5, max_size=20),
    st.floats(-2, 2),
)
def test_controls_moved_move_the_mean_and_leave_the_spread(pairs, by):
    x, se = np.array(pairs).T
    this, other = empirical_null(x, se), empirical_null(x + by, se)
    assert this.spread >= 0
    assert other.spread == pytest.approx(this.spread, abs=1e-3)
    assert other.mean == pytest.approx(this.mean + by, abs=1e-3)
