"""When the cases of a quarter are a burst."""

import numpy as np
import pytest

from pvsignal.signals import stimulation


def _p(cases: float, expected: float, n_quarters: float) -> float:
    (found,) = stimulation.p_burst(
        np.array([cases]), np.array([expected]), np.array([n_quarters])
    )
    return float(found)


def test_a_quarter_that_holds_its_part_of_the_reports_is_no_burst() -> None:
    cases = np.array([4.0])
    mean = stimulation.expected_cases(
        np.array([40.0]), np.array([100.0]), np.array([1000.0])
    )
    assert mean == 4.0
    p = stimulation.p_burst(cases, mean, np.array([20.0]))
    assert p == 1.0
    assert not stimulation.is_burst(cases, p)


def test_cases_far_above_the_drugs_own_reports_are_a_burst() -> None:
    cases = np.array([12.0])
    p = stimulation.p_burst(cases, np.array([2.0]), np.array([40.0]))
    assert p < 0.01
    assert stimulation.is_burst(cases, p)


def test_two_cases_are_no_burst_however_few_were_expected() -> None:
    cases = np.array([2.0])
    p = stimulation.p_burst(cases, np.array([1e-4]), np.array([4.0]))
    assert p < 0.01
    assert not stimulation.is_burst(cases, p)


def test_more_quarters_ask_for_more_cases() -> None:
    assert _p(6, 1, 10) == pytest.approx(10 * 0.000594185, rel=1e-4)
    assert _p(6, 1, 10) < 0.01 < _p(6, 1, 40)


def test_a_drug_without_reports_expects_nothing() -> None:
    mean = stimulation.expected_cases(np.array([0.0]), np.array([0.0]), np.array([0.0]))
    assert np.isnan(mean)
