"""Prediction of counts: the interval holds what it says, whatever the rate."""

import math

import numpy as np
import pytest

from pvsignal.stats.prediction import poisson_prediction


def test_the_interval_is_that_of_the_negative_binomial():
    made = poisson_prediction([36], days=360, ahead_days=90)
    r, p = 36.5, 360 / 450

    def pmf(k: int) -> float:
        log = math.lgamma(k + r) - math.lgamma(r) - math.lgamma(k + 1)
        return math.exp(log + r * math.log(p) + k * math.log(1 - p))

    below = [sum(pmf(k) for k in range(edge)) for edge in range(40)]
    assert made.expected[0] == 9
    # Fewer than `low` and more than `high` have at most 2.5 % each.
    assert below[made.low[0]] < 0.025 <= below[made.low[0] + 1]
    assert below[made.high[0]] < 0.975 <= below[made.high[0] + 1]


def test_no_report_before_expects_none_but_allows_a_few():
    made = poisson_prediction([0], days=365, ahead_days=90)
    assert (made.expected[0], made.low[0]) == (0, 0)
    assert 0 < made.high[0] <= 2


def test_no_day_ahead_brings_no_report():
    made = poisson_prediction([0, 50], days=365, ahead_days=0)
    assert made.expected.tolist() == made.low.tolist() == made.high.tolist() == [0, 0]


@pytest.mark.parametrize("rate", [0.01, 0.1, 2.0])
def test_the_interval_holds_a_new_count_as_often_as_it_says(rate):
    rng = np.random.default_rng(11)
    before = rng.poisson(rate * 365, size=20_000)
    after = rng.poisson(rate * 90, size=20_000)
    made = poisson_prediction(before, days=365, ahead_days=90)
    inside = (made.low <= after) & (after <= made.high)
    assert 0.945 <= inside.mean() <= 0.999


def test_more_reports_before_never_lower_the_interval():
    made = poisson_prediction(np.arange(200), days=365, ahead_days=60)
    assert (np.diff(made.low) >= 0).all()
    assert (np.diff(made.high) >= 0).all()
    assert (made.low <= made.expected).all()
    assert (made.expected <= made.high).all()
