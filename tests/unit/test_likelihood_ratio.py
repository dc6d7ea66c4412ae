"""Likelihood ratio tests against pvLRT, and what their p-values promise."""

from __future__ import annotations

import doctest
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pvsignal.stats import likelihood_ratio
from pvsignal.stats.likelihood_ratio import (
    llr_poisson,
    llr_two_proportions,
    poisson_lrt,
    two_proportion_lrt,
)

VECTORS = Path(__file__).parents[2].parent / "shared" / "stats" / "vectors"


@pytest.fixture(scope="module")
def statin() -> pd.DataFrame:
    if not VECTORS.exists():
        pytest.skip("the shared vectors are not beside the checkout")
    return pd.read_csv(VECTORS / "lrt_residuals.csv")


def assert_same(ours: np.ndarray, theirs: pd.Series) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=0)


def test_both_ratios_are_those_of_pvlrt(statin):
    n, total = statin.N, statin.N.sum()
    n_drug = statin.groupby("drug").N.transform("sum")
    n_event = statin.groupby("event").N.transform("sum")
    assert_same(llr_poisson(n, statin.E), statin.llr_poisson_rrr)
    assert_same(
        llr_two_proportions(n, n_drug=n_drug, n_event=n_event, n_total=total),
        statin.llr_binomial_pq,
    )


def test_p_of_the_extended_test_is_that_of_pvlrt(statin):
    theirs = pd.read_csv(VECTORS / "lrt_pvalue_statin49_nsim1000.csv", index_col=0)
    theirs = theirs.drop(columns="Other")  # a pooled column, not tested
    counts = statin.pivot(index="event", columns="drug", values="N").loc[theirs.index]
    made = poisson_lrt(
        counts[theirs.columns],
        counts.sum(axis=1),
        rng=np.random.default_rng(5),
        n_simulations=4_000,
    )
    np.testing.assert_allclose(made.p_extended, theirs, rtol=0, atol=0.05)
    # Six drugs are tested at once there; within its drug each p is smaller.
    assert (made.p_value <= made.p_extended).all()


def test_count_below_expectation_and_no_count_have_a_ratio_of_zero():
    assert llr_poisson([0, 1, 2], 2.0).tolist() == [0, 0, 0]
    assert llr_poisson([0, 3], 0.0).tolist() == [0, np.inf]
    zero = llr_two_proportions([0, 1], n_drug=10, n_event=100, n_total=1000)
    assert zero.tolist() == [0, 0]


def test_event_without_a_mention_or_with_every_one_has_nothing_to_compare():
    assert llr_two_proportions(0, n_drug=5, n_event=0, n_total=10)[0] == 0
    assert llr_two_proportions(5, n_drug=5, n_event=10, n_total=10)[0] == 0


def test_event_of_one_drug_alone_has_a_finite_ratio():
    made = llr_two_proportions(5, n_drug=20, n_event=5, n_total=1000)
    expected = 15 * np.log(15 / 995) - 20 * np.log(0.02)
    assert made[0] == pytest.approx(expected)


@given(st.integers(0, 10**6), st.floats(1e-6, 1e6))
def test_poisson_ratio_is_never_negative_and_grows_with_the_count(n, e):
    here, more = llr_poisson([n, n + 1], e)
    assert 0 <= here <= more < np.inf


@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 1000), st.integers(1))
def test_two_proportions_need_more_of_the_event_than_of_the_rest(a, b, c, d):
    d = d % 10**6 + 1
    made = llr_two_proportions(a, n_drug=a + b, n_event=a + c, n_total=a + b + c + d)
    assert np.isfinite(made[0])
    assert (made[0] > 1e-9) <= (a * d > b * c)


TESTS = [poisson_lrt, two_proportion_lrt]


def null_table(rng: np.random.Generator, n_drugs: int = 4) -> tuple[np.ndarray, ...]:
    share = rng.dirichlet(np.full(30, 0.5))
    n_event = np.maximum(1, share * 100_000).round().astype(int)
    shares = n_event / n_event.sum()
    drugs = [rng.multinomial(300, shares) for _ in range(n_drugs)]
    counts = np.minimum(np.stack(drugs, axis=1), n_event[:, None] // n_drugs)
    return counts, n_event


@pytest.mark.parametrize("test", TESTS)
def test_one_seed_gives_one_result(test):
    counts, n_event = null_table(np.random.default_rng(1))
    first = test(counts, n_event, rng=np.random.default_rng(2), n_simulations=50)
    again = test(counts, n_event, rng=np.random.default_rng(2), n_simulations=50)
    for name in ("llr", "p_value", "p_step_down", "p_extended", "fdr", "p_drug"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))


@pytest.mark.parametrize("test", TESTS)
def test_the_four_measures_stand_in_their_order(test):
    counts, n_event = null_table(np.random.default_rng(3))
    counts[5, 0] += 20
    n_event[5] += 20
    made = test(counts, n_event, rng=np.random.default_rng(4), n_simulations=400)
    assert (made.p_step_down <= made.p_value).all()
    assert (made.p_value <= made.p_extended).all()
    np.testing.assert_array_equal(made.p_drug, made.p_value.min(axis=0))
    assert made.p_value.min() >= 1 / 401
    for drug in range(counts.shape[1]):
        order = np.argsort(-made.llr[:, drug], kind="stable")
        for p in (made.p_value, made.p_step_down, made.p_extended, made.fdr):
            assert (np.diff(p[order, drug]) >= 0).all()
    assert (made.p_value[made.llr == 0] == 1).all()
    assert (made.fdr[made.llr == 0] == 1).all()
    # The most disproportionate event is the same by every measure.
    assert made.llr[:, 0].argmax() == made.p_value[:, 0].argmin()


def test_step_down_is_that_of_a_test_without_the_larger_pairs():
    counts, n_event = null_table(np.random.default_rng(6), n_drugs=1)
    made = poisson_lrt(counts, n_event, rng=np.random.default_rng(8), n_simulations=500)
    order = np.argsort(-made.llr[:, 0], kind="stable")
    rng, n_drug = np.random.default_rng(8), counts.sum()
    drawn = rng.multinomial(n_drug, n_event / n_event.sum(), size=500)
    ratios = llr_poisson(drawn, n_drug / n_event.sum() * n_event)
    least = 0.0
    for place, event in enumerate(order):
        maxima = ratios[:, order[place:]].max(axis=1)
        p = (1 + (maxima >= made.llr[event, 0]).sum()) / 501
        least = max(least, p)
        assert made.p_step_down[event, 0] == pytest.approx(least)


def test_simulations_in_parts_are_those_of_one_go(monkeypatch):
    counts, n_event = null_table(np.random.default_rng(11))
    one = poisson_lrt(counts, n_event, rng=np.random.default_rng(1), n_simulations=97)
    monkeypatch.setattr(likelihood_ratio, "_CELLS", 10 * len(n_event))
    parts = poisson_lrt(counts, n_event, rng=np.random.default_rng(1), n_simulations=97)
    np.testing.assert_array_equal(one.p_extended, parts.p_extended)
    np.testing.assert_array_equal(one.fdr, parts.fdr)


def test_rate_of_the_list_is_simulated_pairs_by_observed_pairs():
    counts, n_event = null_table(np.random.default_rng(13), n_drugs=2)
    made = poisson_lrt(counts, n_event, rng=np.random.default_rng(3), n_simulations=200)
    rng, total = np.random.default_rng(3), n_event.sum()
    ratios = []
    for n_drug in counts.sum(axis=0):
        drawn = rng.multinomial(n_drug, n_event / total, size=200)
        ratios.append(llr_poisson(drawn, n_drug / total * n_event))
    cuts = np.sort(np.unique(made.llr))
    plain = [
        sum((r >= cut).sum() for r in ratios) / 200 / (made.llr >= cut).sum()
        for cut in cuts
    ]
    for place, cut in enumerate(cuts):
        least = min(1.0, *plain[: place + 1])
        np.testing.assert_allclose(made.fdr[made.llr == cut], least)


def test_drug_that_reports_as_all_do_is_flagged_no_more_often_than_said():
    rng = np.random.default_rng(17)
    flagged = []
    for _ in range(150):
        counts, n_event = null_table(rng, n_drugs=2)
        made = poisson_lrt(counts, n_event, rng=rng, n_simulations=199)
        flagged.append((made.p_drug <= 0.1).any())
    # Two drugs at 10 %: 19 % of the tables, 3.2 % standard error.
    assert np.mean(flagged) < 0.19 + 3 * 0.032


def test_two_standing_events_of_one_drug_are_both_found_and_no_third():
    n_event = np.full(40, 500)
    counts = np.full((40, 1), 2)
    counts[0], counts[1] = 40, 12
    made = poisson_lrt(
        counts, n_event, rng=np.random.default_rng(1), n_simulations=2_000
    )
    assert made.p_value[0, 0] == pytest.approx(1 / 2_001)
    assert made.p_step_down[1, 0] < 0.05
    assert (made.p_step_down[2:, 0] > 0.5).all()


def test_drug_without_a_mention_is_never_flagged():
    made = poisson_lrt(
        [[0, 3], [0, 4]], [10, 100], rng=np.random.default_rng(1), n_simulations=20
    )
    assert made.p_drug[0] == 1
    assert (made.llr[:, 0] == 0).all()


@pytest.mark.parametrize("test", TESTS)
def test_table_that_does_not_fit_its_margins_is_refused(test):
    rng = np.random.default_rng(1)
    with pytest.raises(ValueError, match="shape"):
        test([[1, 2]], [3, 4], rng=rng)
    with pytest.raises(ValueError, match="more mentions"):
        test([[1, 2]], [2], rng=rng)
    with pytest.raises(ValueError, match="simulation"):
        test([[1, 2]], [3], rng=rng, n_simulations=0)


def test_the_examples_in_the_docstrings_run():
    assert doctest.testmod(likelihood_ratio).failed == 0
