"""Time to onset: spans of days, shares at a border, the Weibull distribution."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import binomtest, weibull_min

from pvsignal.stats import onset, onset_summary


def simulated(n: int, *, shape: float, scale: float, seed: int, rounded: bool = False):
    """Spans of days; half of them a month wide if rounded."""
    rng = np.random.default_rng(seed)
    day = np.floor(scale * rng.weibull(shape, n))
    width = np.where(rng.random(n) < 0.5, 30, 1) if rounded else np.ones(n)
    # A month begins at any day of the time since the start, not only at multiples.
    begin = np.floor(rng.random(n) * width)
    low = day - begin
    return low, low + width - 1


def test_the_examples_in_the_docstrings_run():
    assert doctest.testmod(onset).failed == 0


@pytest.mark.parametrize("rounded", [False, True], ids=["days", "days and months"])
@pytest.mark.parametrize("shape", [0.5, 1.0, 2.0])
def test_shape_and_scale_put_in_are_found(shape, rounded):
    spans = simulated(20_000, shape=shape, scale=300, seed=1, rounded=rounded)
    summary = onset_summary(*spans)
    assert summary.shape == pytest.approx(shape, rel=0.03)
    assert summary.scale_days == pytest.approx(300, rel=0.05)
    assert summary.shape_low < summary.shape < summary.shape_high


@pytest.mark.parametrize("n", [10, 60])
def test_limits_of_the_shape_hold_it_as_often_as_they_say(n):
    held = []
    for seed in range(400):
        summary = onset_summary(*simulated(n, shape=0.8, scale=120, seed=seed))
        held.append(summary.shape_low <= 0.8 <= summary.shape_high)
    assert 0.92 <= np.mean(held) <= 0.98


def log_likelihood(low, high, shape, scale):
    survival = weibull_min(shape, scale=scale).sf
    return np.log(survival(low) - survival(np.asarray(high) + 1)).sum()


def test_estimate_is_the_peak_of_the_likelihood_and_limits_lie_1_92_below():
    low, high = np.array([[0, 0], [3, 3], [15, 45], [80, 80], [60, 425], [9, 9]]).T
    summary = onset_summary(low, high)

    def loss(theta):
        return -log_likelihood(low, high, *np.exp(theta))

    best = minimize(loss, [0.0, 3.0], method="Nelder-Mead", tol=1e-12)
    assert summary.shape == pytest.approx(np.exp(best.x[0]), rel=1e-4)
    assert summary.scale_days == pytest.approx(np.exp(best.x[1]), rel=1e-4)
    for limit in (summary.shape_low, summary.shape_high):
        profile = minimize(
            lambda scale, shape=limit: loss([np.log(shape), scale[0]]),
            [np.log(summary.scale_days)],
            method="Nelder-Mead",
            tol=1e-12,
        )
        assert profile.fun - best.fun == pytest.approx(3.841459 / 2, abs=1e-4)


def test_onset_on_the_day_of_the_start_is_counted_as_the_first_day():
    summary = onset_summary([0] * 5 + [1, 5, 30], [0] * 5 + [1, 5, 30])
    assert summary.n == 8
    assert summary.quartiles_low == summary.quartiles_high
    assert summary.quartiles_low[1] == 0
    assert 0 < summary.shape < 1


def test_days_far_from_the_start_agree_with_a_fit_of_exact_times():
    days = np.floor(20_000 * np.random.default_rng(2).weibull(1.7, 400))
    shape, _, scale = weibull_min.fit(days + 0.5, floc=0)
    summary = onset_summary(days, days)
    assert summary.shape == pytest.approx(shape, rel=1e-4)
    assert summary.scale_days == pytest.approx(scale, rel=1e-4)


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ([], []),
        ([30], [30]),
        ([30, 30, 30], [30, 30, 30]),
        ([30, 31], [30, 31]),
        ([0, 20, 25], [400, 40, 30]),
    ],
    ids=[
        "no case",
        "one case",
        "one day",
        "adjacent days",
        "spans with a day in common",
    ],
)
def test_spans_that_meet_in_one_point_leave_the_shape_undetermined(low, high):
    summary = onset_summary(low, high)
    assert summary.n == len(low)
    assert np.isnan(
        [summary.shape, summary.shape_low, summary.shape_high, summary.scale_days]
    ).all()


def test_shape_of_fewer_cases_than_asked_for_is_not_looked_for():
    days = [3, 30, 90, 500]
    few, enough = (onset_summary(days, days, shape_from=n) for n in (5, 4))
    assert np.isnan([few.shape, few.shape_low, few.shape_high, few.scale_days]).all()
    assert (few.n, few.under_90) == (4, enough.under_90)
    assert enough == onset_summary(days, days)
    # Cases that are left out do not make up the number.
    more = onset_summary([*days, np.nan, -9], [*days, 4, -9], shape_from=5)
    assert np.isnan(more.shape)


def test_case_without_a_time_or_before_the_start_is_left_out_and_counted():
    plain = onset_summary([0, 10, 90], [0, 10, 90])
    more = onset_summary([0, 10, 90, np.nan, 4, -9], [0, 10, 90, 5, np.nan, -1])
    assert (more.n, more.n_missing, more.n_before_start) == (3, 2, 1)
    assert more.shape == plain.shape
    assert more.under_90 == plain.under_90


def test_span_across_the_start_begins_on_day_0():
    assert onset_summary([-20, 8, 70], [10, 8, 70]) == onset_summary(
        [0, 8, 70], [10, 8, 70]
    )


def test_day_89_lies_under_the_border_and_day_90_does_not():
    share = onset_summary([89, 90], [89, 90]).under_90
    assert (share.n_under, share.n_unknown, share.share) == (1, 0, 0.5)


def test_span_that_straddles_the_border_widens_the_limits_and_not_the_share():
    known = onset_summary([10, 20, 300, 400], [10, 20, 300, 400]).under_90
    share = onset_summary([10, 20, 300, 400, 80], [10, 20, 300, 400, 110]).under_90
    assert (share.n_under, share.n_unknown, share.n) == (2, 1, 5)
    assert share.share == known.share == 0.5
    limits = [
        binomtest(n, 5).proportion_ci(method="wilson") for n in (2, 3)
    ]  # the unknown one beyond the border, or before it
    assert share.low == pytest.approx(limits[0].low)
    assert share.high == pytest.approx(limits[1].high)


def test_shares_of_none_and_all_have_limits_at_0_and_1():
    late, early = (onset_summary([day] * 7, [day] * 7).under_180 for day in (500, 3))
    assert (late.share, late.low, early.share, early.high) == (0, 0, 1, 1)
    assert late.high == pytest.approx(1 - early.low)
    assert late.high == pytest.approx(0.3543, abs=1e-4)


def test_no_case_known_to_lie_on_either_side_has_no_share():
    share = onset_summary([0, 60], [365, 100]).under_90
    assert np.isnan(share.share)
    assert (share.low, share.high) == (0, 1)


def test_span_that_ends_before_it_begins_is_refused():
    with pytest.raises(ValueError, match="ends before"):
        onset_summary([5], [4])
    with pytest.raises(ValueError, match="length"):
        onset_summary([5, 6], [7])


spans = st.lists(
    st.tuples(st.integers(-50, 4000), st.integers(0, 400)), min_size=1, max_size=25
).map(lambda rows: np.array([(low, low + width) for low, width in rows]).T)


@given(spans)
def test_estimates_lie_inside_their_limits_and_bounds(days):
    summary = onset_summary(*days)
    assert summary.n + summary.n_missing + summary.n_before_start == days.shape[1]
    for share in (summary.under_90, summary.under_180):
        if not np.isnan(share.share):
            assert share.low <= share.n_under / share.n <= share.high
    assert summary.under_90.n_under <= summary.under_180.n_under
    if not np.isnan(summary.shape):
        assert summary.shape_low < summary.shape < summary.shape_high
    if summary.n:
        assert summary.quartiles_low <= summary.quartiles_high


@given(spans)
def test_order_of_the_cases_does_not_matter(days):
    this, other = onset_summary(*days), onset_summary(*days[:, ::-1])
    assert this == other or np.isnan(this.shape)


@given(spans)
def test_each_case_twice_keeps_the_shape_and_narrows_its_limits(days):
    this, twice = onset_summary(*days), onset_summary(*np.hstack([days, days]))
    if not np.isnan(this.shape):
        assert twice.shape == pytest.approx(this.shape, rel=1e-4)
        assert twice.shape_low > this.shape_low
        assert twice.shape_high < this.shape_high or this.shape_high == np.inf
