"""What passes, what fails and what cannot be judged."""

import numpy as np
import pytest

from pvsignal.signals.unexplained import (
    comes_late_enough,
    holds_among_professionals,
    holds_by_age_and_sex,
    rises_as_much,
)

NAN, INF = np.nan, np.inf


@pytest.mark.parametrize(
    ("ror", "a", "outcome"),
    [
        (1.01, 1, "passes"),
        (1.0, 5, "fails"),
        (INF, 2, "passes"),
        (0.0, 0, "fails"),
        # Without a report of theirs there is nothing that a professional saw.
        (NAN, 0, "fails"),
        (NAN, 2, "not applicable"),
    ],
)
def test_professionals(ror, a, outcome):
    assert holds_among_professionals(np.array([ror]), np.array([a])) == [outcome]


@pytest.mark.parametrize(
    ("ror", "n_known", "outcome"),
    [
        (1.01, 3, "passes"),
        (1.0, 3, "fails"),
        (INF, 3, "passes"),
        (5.0, 2, "not applicable"),
        (NAN, 9, "not applicable"),
    ],
)
def test_age_and_sex(ror, n_known, outcome):
    assert holds_by_age_and_sex(np.array([ror]), np.array([n_known])) == [outcome]


@pytest.mark.parametrize(
    ("n_early", "n_known", "outcome"),
    [
        (0, 3, "passes"),
        (2, 5, "passes"),
        # Half is not less than half.
        (2, 4, "fails"),
        (3, 3, "fails"),
        (0, 2, "not applicable"),
        (2, 2, "not applicable"),
    ],
)
def test_onset(n_early, n_known, outcome):
    assert comes_late_enough(np.array([n_early]), np.array([n_known])) == [outcome]


@pytest.mark.parametrize(
    ("is_rising", "ratio", "of_pair", "expected"),
    [
        (True, 2.0, 2.0, True),
        (True, 1.9, 2.0, False),
        (False, 9.0, 2.0, False),
        # The pair has fewer than three recent reports.
        (True, 1.2, NAN, True),
        # No earlier report of either.
        (True, INF, INF, True),
        (True, 5.0, INF, False),
        (False, NAN, 2.0, False),
    ],
)
def test_a_marker_rises_as_much(is_rising, ratio, of_pair, expected):
    found = rises_as_much(
        np.array([is_rising]), np.array([ratio]), ratio_of_pair=np.array([of_pair])
    )
    assert found == [expected]
