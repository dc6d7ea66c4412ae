"""Logistic models of many events at once are those of each event alone."""

from __future__ import annotations

import doctest
import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pvsignal.stats import adjusted_events, adjusted_ror, adjusted_ror_of_events
from pvsignal.stats.twobytwo import Ratio, ror

LEVELS = pd.DataFrame(
    list(itertools.product(["18-39", "40+", None], ["F", "M"], ["2019", "2020"])),
    columns=["age_band", "sex", "year"],
)
COVARIATES = ["age_band", "sex", "year"]
SHAPE = (2, len(LEVELS))


def alone(
    n_drug: np.ndarray, n: np.ndarray, a: np.ndarray, n_event: np.ndarray
) -> list[tuple[float, float, float, bool]]:
    """Estimate and limits of each event by `adjusted_ror`."""
    found = []
    for counts in zip(n_drug, n, a, n_event, strict=True):
        drug, total, both, event = counts
        frame = pd.concat(
            [
                LEVELS.assign(is_exposed=True, n=drug, n_event=both),
                LEVELS.assign(is_exposed=False, n=total - drug, n_event=event - both),
            ]
        )
        one = adjusted_ror(frame, covariates=COVARIATES)
        found.append((one.point, one.low, one.high, one.is_separated))
    return found


def together(ratio: Ratio) -> list[tuple[float, float, float, bool]]:
    parts = (ratio.point, ratio.low, ratio.high, ratio.is_exact)
    return [
        (float(p), float(low), float(high), bool(e))
        for p, low, high, e in zip(*parts, strict=True)
    ]


@settings(max_examples=40, deadline=None)
@given(
    cells=arrays(np.int64, (4, *SHAPE), elements=st.sampled_from([0, 0, 1, 2, 9, 60])),
)
def test_every_event_gets_what_it_gets_alone_however_sparse(cells: np.ndarray) -> None:
    a, b, c, d = cells
    margins = (a + b, a + b + c + d, a, a + c)
    found = together(
        adjusted_ror_of_events(
            LEVELS, *margins[:2], a=a, n_event=a + c, covariates=COVARIATES
        )
    )
    for one, other in zip(found, alone(*margins), strict=True):
        assert one == pytest.approx(other, rel=1e-6, nan_ok=True)


def drawn_counts(seed: int, n_events: int) -> tuple[np.ndarray, ...]:
    """Counts of events whose odds ratio rises from 0.5 to 4; the drug is of the old."""
    rng = np.random.default_rng(seed)
    old = (LEVELS["age_band"] == "40+").to_numpy()
    n = np.full(len(LEVELS), 40_000)
    n_drug = rng.binomial(n, np.where(old, 0.03, 0.005))
    share = np.where(old, 0.02, 0.002)
    ratios = np.linspace(0.5, 4, n_events)[:, np.newaxis]
    a = rng.binomial(n_drug, np.minimum(ratios * share, 1), (n_events, len(LEVELS)))
    c = rng.binomial(n - n_drug, share, (n_events, len(LEVELS)))
    return np.tile(n_drug, (n_events, 1)), np.tile(n, (n_events, 1)), a, a + c


def test_events_that_are_common_are_never_handed_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    n_drug, n, a, n_event = drawn_counts(3, 20)
    expected = alone(n_drug, n, a, n_event)
    monkeypatch.delattr(adjusted_events, "adjusted_ror")
    found = together(
        adjusted_ror_of_events(
            LEVELS, n_drug, n, a=a, n_event=n_event, covariates=COVARIATES
        )
    )
    for one, other in zip(found, expected, strict=True):
        assert one == pytest.approx(other, rel=1e-7)


def test_patterns_given_twice_are_added_up() -> None:
    n_drug, n, a, n_event = drawn_counts(5, 3)
    whole = adjusted_ror_of_events(
        LEVELS, n_drug, n, a=a, n_event=n_event, covariates=["age_band"]
    )
    halves = [np.hstack([x // 2, x - x // 2]) for x in (n_drug, n, a, n_event)]
    # Halves of odd counts are rounded apart, which must not let a cell go below 0.
    halves[0] = np.maximum(halves[0], halves[2])
    split = adjusted_ror_of_events(
        pd.concat([LEVELS, LEVELS]),
        halves[0],
        halves[1],
        a=halves[2],
        n_event=halves[3],
        covariates=["age_band"],
    )
    assert split.point == pytest.approx(whole.point, rel=1e-9)
    assert split.high == pytest.approx(whole.high, rel=1e-9)


def test_without_covariates_it_is_the_crude_ratio_and_interval() -> None:
    n_drug, n, a, n_event = (x.sum(axis=1) for x in drawn_counts(7, 4))
    crude = ror(a, n_drug - a, n_event - a, n - n_drug - n_event + a)
    found = adjusted_ror_of_events(
        LEVELS,
        *drawn_counts(7, 4)[:2],
        a=drawn_counts(7, 4)[2],
        n_event=drawn_counts(7, 4)[3],
        covariates=[],
    )
    assert found.point == pytest.approx(crude.point, rel=1e-9)
    assert found.low == pytest.approx(crude.low, rel=1e-9)


@pytest.mark.parametrize(
    ("a", "n_event"), [([[3, 0]], [[2, 5]]), ([[-1, 0]], [[2, 5]])]
)
def test_counts_that_are_none_are_refused(
    a: list[list[int]], n_event: list[list[int]]
) -> None:
    levels = pd.DataFrame({"sex": ["F", "M"]})
    with pytest.raises(ValueError, match="a count"):
        adjusted_ror_of_events(
            levels, [[2, 2]], [[9, 9]], a=a, n_event=n_event, covariates=["sex"]
        )


def test_the_example_in_the_docstring_runs() -> None:
    assert doctest.testmod(adjusted_events).failed == 0
