"""MaxSPRT: boundaries against a peer, brute force and simulation."""

from __future__ import annotations

import csv
import doctest
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

from pvsignal.stats import (
    maxsprt,
    maxsprt_binomial_critical_value,
    maxsprt_critical_value,
    maxsprt_error,
    maxsprt_group_critical_value,
    maxsprt_spending_boundary,
    sequential,
)
from pvsignal.stats.sequential import binomial_llr, poisson_llr

VECTORS = Path(__file__).parents[2].parent / "shared" / "stats" / "vectors"


def vectors(model: str) -> list[dict[str, str]]:
    """Critical values of the R package Sequential 4.5.1."""
    file = VECTORS / "maxsprt_critical_values.csv"
    if not file.exists():
        pytest.skip("the shared vectors are not beside the checkout")
    with file.open(encoding="utf-8", newline="") as lines:
        return [row for row in csv.DictReader(lines) if row["model"] == model]


def test_poisson_boundaries_are_those_of_a_peer():
    for row in vectors("poisson"):
        ours = maxsprt_critical_value(
            float(row["alpha"]), float(row["T"]), min_cases=int(row["M"])
        )
        assert ours == pytest.approx(float(row["cv"]), abs=2e-6), row


def test_binomial_boundaries_are_those_of_a_peer():
    for row in vectors("binomial"):
        ours = maxsprt_binomial_critical_value(
            float(row["alpha"]),
            int(row["T"]),
            controls_per_case=float(row["z"]),
            min_cases=int(row["M"]),
        )
        assert ours == pytest.approx(float(row["cv"]), abs=1e-5), row


def test_boundary_with_three_cases_at_least_is_that_of_a_peer():
    assert maxsprt_critical_value(0.05, 10, min_cases=3) == pytest.approx(
        3.064248, abs=1e-6
    )


def test_the_examples_in_the_docstrings_run():
    assert doctest.testmod(sequential).failed == 0


def share_flagged_by_every_case(
    critical_value: float, upper_limit: float, min_cases: int
) -> float:
    """Share of simulated Poisson processes of which a case is flagged as it comes."""
    rng = np.random.default_rng(20_260_101)
    times = np.cumsum(rng.exponential(size=(100_000, int(upper_limit) * 2 + 30)), 1)
    nth = np.arange(1, times.shape[1] + 1)
    flagged = poisson_llr(nth, times) >= critical_value
    flagged &= (times <= upper_limit) & (nth >= min_cases)
    return float(flagged.any(axis=1).mean())


@pytest.mark.parametrize(("upper_limit", "min_cases"), [(3.0, 1), (12.0, 4)])
def test_looks_at_every_case_flag_as_often_as_the_level_says(upper_limit, min_cases):
    cv = maxsprt_critical_value(0.05, upper_limit, min_cases=min_cases)
    # Four standard errors of a share of 0.05 among 100,000.
    assert share_flagged_by_every_case(cv, upper_limit, min_cases) == pytest.approx(
        0.05, abs=0.0028
    )


QUARTERS = 40
PLANS = {
    "rare": np.arange(1, QUARTERS + 1) * 0.02,
    "steady": np.arange(1, QUARTERS + 1) * 0.25,
    "frequent": np.arange(1, QUARTERS + 1) * 30.0,
    "growing": np.cumsum(np.linspace(0, 2, QUARTERS)),
    "withdrawn": np.minimum(np.arange(1, QUARTERS + 1), 12.0),
}


@pytest.mark.parametrize("alpha", [0.05, 0.01])
@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_error_over_forty_quarters_is_at_most_the_level(plan, alpha):
    cv = maxsprt_group_critical_value(alpha, plan)
    assert maxsprt_error(cv, plan) <= alpha
    # No lower boundary is within the level.
    assert maxsprt_error(cv - 2e-9, plan) > alpha


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_simulated_error_over_forty_quarters_is_the_exact_one(plan):
    cv = maxsprt_group_critical_value(0.05, plan)
    rng = np.random.default_rng(7)
    n = 40_000
    cases = rng.poisson(np.diff(plan, prepend=0), size=(n, QUARTERS)).cumsum(axis=1)
    share = (poisson_llr(cases, plan) >= cv).any(axis=1).mean()
    exact = maxsprt_error(cv, plan)
    assert share == pytest.approx(exact, abs=4 * np.sqrt(exact / n))


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_boundary_of_every_case_holds_for_quarters_and_costs_power(plan):
    every_case = maxsprt_critical_value(0.05, plan[-1])
    assert maxsprt_error(every_case, plan) <= 0.05
    assert maxsprt_group_critical_value(0.05, plan) <= every_case + 1e-9


def test_many_small_looks_come_to_the_boundary_of_every_case():
    fine = maxsprt_group_critical_value(0.05, np.linspace(0, 5, 5_001)[1:])
    assert fine == pytest.approx(maxsprt_critical_value(0.05, 5), abs=0.02)


def test_one_look_is_a_plain_poisson_test():
    cv = maxsprt_group_critical_value(0.05, [8.0])
    needed = maxsprt([0], [8.0], critical_value=cv).cases_needed[0]
    assert poisson.sf(needed - 1, 8.0) <= 0.05 < poisson.sf(needed - 2, 8.0)


def test_exact_error_of_few_looks_is_that_of_all_paths_listed():
    plan, cv, most = np.array([0.3, 0.9, 2.0]), 1.2, 25
    steps = np.diff(plan, prepend=0)
    error = 0.0
    for path in product(range(most), repeat=3):
        if (poisson_llr(np.cumsum(path), plan) >= cv).any():
            error += np.prod(poisson.pmf(path, steps))
    assert maxsprt_error(cv, plan) == pytest.approx(error, rel=1e-10)


def test_binomial_error_of_ten_reports_is_that_of_all_sequences_listed():
    cv = maxsprt_binomial_critical_value(0.05, 10, controls_per_case=1)
    runs = np.array(list(product([0, 1], repeat=10))).cumsum(axis=1)
    n = np.arange(1, 11)
    llr = binomial_llr(runs, n - runs, controls_per_case=1)
    assert (llr >= cv).any(axis=1).mean() <= 0.05
    assert (llr >= cv - 2e-9).any(axis=1).mean() > 0.05


def test_too_few_reports_for_the_level_have_no_binomial_boundary():
    assert maxsprt_binomial_critical_value(0.05, 4, controls_per_case=1) == np.inf
    assert np.isfinite(maxsprt_binomial_critical_value(0.05, 5, controls_per_case=1))
    assert (
        maxsprt_binomial_critical_value(0.05, 5, controls_per_case=1, min_cases=6)
        == np.inf
    )


def test_so_little_expected_that_any_case_is_below_the_level_flags_the_first_case():
    cv = maxsprt_critical_value(0.05, 0.01)
    assert cv == pytest.approx(float(poisson_llr(1, 0.01)))
    plan = np.array([0.004, 0.008, 0.01])
    group = maxsprt_group_critical_value(0.05, plan)
    assert maxsprt([0, 0, 1], plan, critical_value=group).first_crossing == 2


def test_looks_flagged_are_those_with_the_cases_needed():
    expected = np.arange(1, 13) / 3
    cases = np.array([0, 0, 1, 1, 2, 5, 6, 9, 9, 9, 9, 9])
    cv = maxsprt_group_critical_value(0.05, expected)
    course = maxsprt(cases, expected, critical_value=cv)
    first = int(np.argmax(cases >= course.cases_needed))
    assert course.first_crossing == first == 7
    # Past the crossing the LLR may fall again; the crossing stays.
    assert course.llr[-1] < cv


def test_no_more_cases_than_expected_is_no_evidence():
    course = maxsprt([0, 1, 2], [1, 2, 3], critical_value=3)
    assert course.llr.tolist() == [0, 0, 0]
    assert course.first_crossing is None


def test_case_where_none_is_expected_is_infinite_evidence():
    course = maxsprt([0, 2], [0, 0], critical_value=3, min_cases=2)
    assert course.llr.tolist() == [0, np.inf]
    assert course.first_crossing == 1


def test_fewer_cases_than_the_least_are_not_flagged():
    few = maxsprt([2, 3], [0.01, 0.02], critical_value=3, min_cases=3)
    assert few.llr[0] > 3
    assert few.first_crossing == 1
    assert few.cases_needed.tolist() == [3, 3]


def test_look_beyond_the_end_is_not_flagged():
    course = maxsprt([1, 20], [1, 4], critical_value=3, upper_limit=3)
    assert course.llr[1] > 3
    assert course.first_crossing is None


def test_count_that_falls_is_refused():
    with pytest.raises(ValueError, match="cases fall"):
        maxsprt([3, 2], [1, 2], critical_value=3)
    with pytest.raises(ValueError, match="expected fall"):
        maxsprt_group_critical_value(0.05, [2, 1])


@pytest.mark.parametrize(
    "call",
    [
        lambda: maxsprt_critical_value(0.6, 10),
        lambda: maxsprt_critical_value(0.05, 0),
        lambda: maxsprt_critical_value(0.05, 10, min_cases=0),
        lambda: maxsprt_group_critical_value(0.05, [0, 0]),
        lambda: maxsprt_binomial_critical_value(0.05, 0, controls_per_case=1),
        lambda: maxsprt([1], [1, 2], critical_value=3),
        lambda: maxsprt([1], [1], critical_value=0),
        lambda: maxsprt([1], [np.nan], critical_value=3),
    ],
)
def test_plan_that_is_none_is_refused(call):
    with pytest.raises(ValueError, match=r"."):
        call()


@settings(deadline=None, max_examples=30)
@given(
    st.sampled_from([0.001, 0.01, 0.05, 0.1]),
    st.floats(0.05, 60),
    st.floats(0.05, 60),
    st.integers(1, 5),
)
def test_longer_test_needs_a_higher_boundary(alpha, one, other, min_cases):
    short, long = sorted((one, other))
    assume(poisson.sf(min_cases - 1, short) > alpha)  # otherwise the end decides
    assert (
        maxsprt_critical_value(alpha, short, min_cases=min_cases)
        <= maxsprt_critical_value(alpha, long, min_cases=min_cases) + 1e-9
    )


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.floats(0, 5), min_size=1, max_size=25),
    st.sampled_from([0.01, 0.05, 0.2]),
    st.integers(1, 4),
)
def test_error_of_any_plan_is_at_most_the_level(increments, alpha, min_cases):
    plan = np.cumsum(increments)
    assume(plan[-1] > 0.01)
    cv = maxsprt_group_critical_value(alpha, plan, min_cases=min_cases)
    assert maxsprt_error(cv, plan, min_cases=min_cases) <= alpha


@settings(deadline=None)
@given(
    st.lists(st.floats(1e-3, 1e5), min_size=1, max_size=20),
    st.floats(0.1, 12),
)
def test_cases_needed_reach_the_boundary_and_one_less_does_not(expected, cv):
    mu = np.sort(expected)
    needed = maxsprt(np.zeros_like(mu), mu, critical_value=cv).cases_needed
    assert (poisson_llr(needed, mu) >= cv).all()
    assert (poisson_llr(needed - 1, mu) < cv).all()


def exact_error(needed: np.ndarray, expected: np.ndarray) -> float:
    """Probability of reaching a boundary given in cases, by sums over all counts."""
    most = int(needed.max()) + int(expected[-1] * 2) + 60
    state = np.zeros(most)
    state[0] = 1.0
    for time, before, limit in zip(
        expected, np.append(0, expected[:-1]), needed, strict=True
    ):
        steps = poisson.pmf(np.arange(most), time - before)
        state = np.convolve(state, steps)[:most]
        state[limit:] = 0.0
    return 1.0 - float(state.sum())


increments = st.lists(
    st.one_of(st.just(0.0), st.floats(1e-4, 0.5), st.floats(0.5, 20)),
    min_size=1,
    max_size=25,
)


@settings(deadline=None, max_examples=60)
@given(increments, st.sampled_from([0.01, 0.05, 0.2]), st.integers(1, 4))
def test_spending_never_spends_more_than_its_share_at_any_look(
    increments, alpha, min_cases
):
    plan, looks = np.cumsum(increments), 25
    boundary = maxsprt_spending_boundary(alpha, plan, looks=looks, min_cases=min_cases)
    for k in range(1, plan.size + 1):
        error = exact_error(boundary.cases_needed[:k], plan[:k])
        assert error <= alpha * k / looks + 1e-12
        assert boundary.error_spent[k - 1] == pytest.approx(error, abs=1e-12)
    assert (boundary.cases_needed >= min_cases).all()
    assert (boundary.cases_needed > plan).all()


@settings(deadline=None, max_examples=60)
@given(increments, st.integers(1, 3))
def test_spending_takes_the_fewest_cases_that_its_share_allows(increments, min_cases):
    plan, looks = np.cumsum(increments), 25
    boundary = maxsprt_spending_boundary(0.05, plan, looks=looks, min_cases=min_cases)
    for k in range(1, plan.size + 1):
        fewer = boundary.cases_needed[:k].copy()
        fewer[-1] -= 1
        if fewer[-1] >= max(min_cases, plan[k - 1]):
            assert exact_error(fewer, plan[:k]) > 0.05 * k / looks


@settings(deadline=None, max_examples=60)
@given(increments, increments)
def test_looks_to_come_do_not_move_the_boundary_of_those_taken(taken, to_come):
    looks = len(taken) + len(to_come)
    plan = np.cumsum(taken + to_come)
    early = maxsprt_spending_boundary(0.05, plan[: len(taken)], looks=looks)
    whole = maxsprt_spending_boundary(0.05, plan, looks=looks)
    for name in ("cases_needed", "critical_value", "error_spent"):
        known = getattr(whole, name)[: len(taken)]
        assert getattr(early, name).tolist() == known.tolist()


@pytest.mark.parametrize("mean", [0.02, 0.7, 8.0, 400.0])
@pytest.mark.parametrize("min_cases", [1, 3])
def test_spending_at_one_look_is_the_flat_boundary(mean, min_cases):
    flat = maxsprt_group_critical_value(0.05, [mean], min_cases=min_cases)
    needed = maxsprt([0], [mean], critical_value=flat, min_cases=min_cases).cases_needed
    one = maxsprt_spending_boundary(0.05, [mean], looks=1, min_cases=min_cases)
    assert one.cases_needed.tolist() == needed.tolist()


def test_spending_asks_more_than_the_flat_boundary_early_and_less_late():
    plan = PLANS["steady"] * 12
    flat = maxsprt_group_critical_value(0.05, plan)
    spending = maxsprt_spending_boundary(0.05, plan, looks=QUARTERS)
    needed = maxsprt(0 * plan, plan, critical_value=flat).cases_needed
    assert spending.cases_needed[0] > needed[0]
    assert spending.cases_needed[-1] < needed[-1]
    # Both spend the level nearly whole.
    assert 0.045 < exact_error(spending.cases_needed, plan) <= 0.05
    assert 0.045 < maxsprt_error(flat, plan) <= 0.05


def test_nothing_expected_needs_the_fewest_cases_and_an_infinite_ratio():
    boundary = maxsprt_spending_boundary(0.05, [0.0, 0.001], looks=40, min_cases=3)
    assert boundary.cases_needed.tolist() == [3, 3]
    assert boundary.critical_value[0] == np.inf
    assert boundary.error_spent.tolist() == [0.0, pytest.approx(0.001**3 / 6, rel=1e-3)]


def test_more_looks_than_planned_are_refused():
    with pytest.raises(ValueError, match="3 looks of a plan of 2"):
        maxsprt_spending_boundary(0.05, [1, 2, 3], looks=2)
