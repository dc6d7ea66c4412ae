"""What a pair could have shown, and where the comparators can judge."""

from __future__ import annotations

import numpy as np
import pytest

from pvsignal.stats import (
    detectable_ratio,
    detectable_reports,
    evaluable_a,
    evaluable_bc,
    information_component,
)

EXPECTED = np.concatenate([np.linspace(0, 5, 501), np.geomspace(5, 1e7, 500)])


def test_fewest_reports_flag_and_one_less_does_not():
    reports = detectable_reports(EXPECTED)
    assert (information_component(reports, EXPECTED).ic025 > 0).all()
    less = information_component(reports - 1, EXPECTED).ic025
    assert ((less <= 0) | (reports == 3)).all()


def test_fewest_reports_are_found_by_trying_one_after_the_other():
    for mean in (0.0, 0.1, 0.345, 0.4, 1.0, 3.3, 12.0, 80.0):
        slow = 3
        while information_component(slow, mean).ic025[0] <= 0:
            slow += 1
        assert detectable_reports(mean)[0] == slow


def test_the_screen_may_ask_for_more_reports_than_the_component_does():
    assert detectable_reports([0.0, 0.1], min_reports=5).tolist() == [5, 5]
    # Three are the fewest that the component can flag, whatever the screen asks.
    assert detectable_reports(0.0, min_reports=0)[0] == 3


def test_more_expected_reports_need_more_reports_and_a_smaller_ratio():
    assert (np.diff(detectable_reports(EXPECTED)) >= 0).all()
    ratio = detectable_ratio([0.1, 1, 10, 100, 1000, 1e6])
    assert (np.diff(ratio) < 0).all()
    assert ratio[-1] == pytest.approx(1.00196, abs=1e-4)


def test_nothing_expected_needs_an_infinite_ratio_and_unknown_stays_unknown():
    ratio = detectable_ratio([0.0, np.nan, 1.0])
    assert ratio[0] == np.inf
    assert np.isnan(ratio[1])
    assert ratio[2] == 5


def test_few_reports_with_little_expected_are_not_evaluable_in_a():
    a, mean = [2, 2, 3, 3, 0], [0.49, 0.5, 0.49, 0.5, np.nan]
    assert evaluable_a(a, mean).tolist() == [False, True, True, True, False]
    assert evaluable_a(4, 0.9, min_reports=5, min_expected=1.0) == np.False_


def test_little_expected_or_few_reference_cases_are_not_evaluable_in_b_and_c():
    mean, c = [0.99, 1.0, 1.0, 50.0, np.nan], [3, 3, 2, 0, 9]
    assert evaluable_bc(mean, c).tolist() == [False, True, False, False, False]
    assert evaluable_bc(0.9, 1, min_expected=0.5, min_reference_cases=1) == np.True_


def test_population_without_reports_is_not_evaluable_whatever_was_counted():
    assert not evaluable_a(3, np.nan)
    assert not evaluable_bc(np.nan, 3)
