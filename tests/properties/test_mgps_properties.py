"""What holds for scores under any prior that a table of reports may have."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from pvsignal.stats import MgpsPrior, fit_mgps

few = settings(max_examples=60, deadline=None, derandomize=True)


def powers(low: float, high: float) -> st.SearchStrategy[float]:
    """Numbers spread evenly over the powers of ten."""
    return st.floats(low, high).map(lambda x: 10.0**x)


@st.composite
def priors(draw: st.DrawFn) -> MgpsPrior:
    """High ratios in the first component, ratios about 1 in the second.

    Under any prior at all EBGM need not lie inside its interval: a component with just
    less than 5 % of the weight, some orders of magnitude from the other, moves a mean
    of logarithms and no quantile.
    """
    alpha1, alpha2 = draw(powers(-1, 1.3)), draw(powers(-0.3, 1.3))
    mean1, mean2 = draw(powers(0, 1.4)), draw(powers(-0.6, 0.2))
    p = draw(powers(-3, -0.1))
    return MgpsPrior(alpha1, alpha1 / mean1, alpha2, alpha2 / mean2, p)


counts = st.integers(1, 50) | powers(0, 7).map(round)
expecteds = powers(-7, 7)
pairs = st.lists(st.tuples(counts, expecteds), min_size=1, max_size=30)


def geometric_mean(prior: MgpsPrior) -> float:
    means = (
        special.psi(alpha) - np.log(beta)
        for alpha, beta in ((prior.alpha1, prior.beta1), (prior.alpha2, prior.beta2))
    )
    return np.exp(np.average(list(means), weights=[prior.p, 1 - prior.p]))


@few
@given(priors(), pairs)
def test_scores_are_finite_and_ebgm_lies_inside_its_interval(prior, pairs):
    n, e = np.array(pairs).T
    scores = prior.score(n, e)
    assert np.isfinite(scores).all(axis=None)
    assert (scores.eb05 > 0).all()
    assert (scores.eb05 <= scores.ebgm).all()
    assert (scores.ebgm <= scores.eb95).all()


@few
@given(priors(), expecteds, st.lists(counts | st.just(0), min_size=2, max_size=20))
def test_scores_rise_with_the_count_at_one_expected_count(prior, e, n):
    scores = prior.score(sorted(n), e)
    for name in scores:
        values = scores[name].to_numpy()
        assert (np.diff(values) >= -1e-9 * values[1:]).all(), name


@few
@given(priors(), counts, st.lists(expecteds, min_size=2, max_size=20))
def test_scores_fall_with_the_expected_count_at_one_count(prior, n, e):
    scores = prior.score(n, sorted(e))
    for name in scores:
        values = scores[name].to_numpy()
        assert (np.diff(values) <= 1e-9 * values[:-1]).all(), name


@few
@given(priors(), pairs)
def test_a_ratio_above_the_prior_shrinks_towards_it(prior, pairs):
    n, e = np.array(pairs).T
    highest = max(prior.alpha1 / prior.beta1, prior.alpha2 / prior.beta2)
    above = n / e > highest
    ebgm = prior.score(n, e).ebgm.to_numpy()
    assert (ebgm[above] <= (n / e)[above] * (1 + 1e-12)).all()


@few
@given(priors())
def test_without_a_report_expected_the_score_is_the_prior(prior):
    scores = prior.score(0, 1e-12)
    np.testing.assert_allclose(scores.ebgm, geometric_mean(prior), rtol=1e-6)


@few
@given(priors(), powers(-1, 1))
def test_with_many_reports_the_score_is_the_ratio(prior, ratio):
    scores = prior.score(ratio * 1e7, 1e7)
    np.testing.assert_allclose(scores, np.full((1, 3), ratio), rtol=1e-2)


@few
@given(priors(), pairs, powers(-2, 2))
def test_quantiles_and_probabilities_agree(prior, pairs, ratio):
    n, e = np.array(pairs).T
    below = prior.probability_below(n, e, ratio)
    scores = prior.score(n, e)
    assert ((below >= 0) & (below <= 1)).all()
    apart = np.abs(scores.div(ratio).sub(1)) > 1e-6
    assert ((below >= 0.05) == (scores.eb05 <= ratio))[apart.eb05].all()
    assert ((below >= 0.95) == (scores.eb95 <= ratio))[apart.eb95].all()


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.integers(0, 40), powers(-4, 2)), min_size=1, max_size=25),
    st.sampled_from("ABC"),
)
def test_any_table_has_a_prior_that_scores_it(pairs, likelihood):
    n, e = np.array(pairs).T
    if likelihood != "C" and not n.any():
        n[0] = 1
    prior = fit_mgps(n, e, likelihood)
    assert np.isfinite(prior.nll)
    assert not prior.score(n, e).isna().any(axis=None)
