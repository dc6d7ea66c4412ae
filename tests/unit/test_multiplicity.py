"""False discovery rates: peers, ties, missing values, and what the family is."""

from __future__ import annotations

import doctest
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.special import expit, gammainc, gammaln
from scipy.stats import false_discovery_control, norm

from pvsignal.stats import multiplicity
from pvsignal.stats.multiplicity import (
    bayesian_fdr,
    benjamini_hochberg,
    lbe_q,
    phvid_fdr,
    storey_q,
)

VECTORS = Path(__file__).parents[2].parent / "shared" / "stats" / "vectors"
METHODS = [benjamini_hochberg, storey_q, lbe_q, bayesian_fdr]

probabilities = hnp.arrays(
    np.float64, st.integers(1, 40), elements=st.floats(0, 1, width=32)
)


@pytest.fixture(scope="module")
def phvid() -> pd.DataFrame:
    """Every pair of PhViD's table, what it printed for half of them beside."""
    if not VECTORS.exists():
        pytest.skip("the shared vectors are not beside the checkout")
    table = pd.read_parquet(VECTORS / "table_phvid.parquet")
    printed = pd.read_parquet(VECTORS / "phvid_bcpnn_prr_ror_gps.parquet")
    printed = printed.drop(columns=["N", "E", "n_drug", "n_event", "n_tot"])
    # Pairs with one p-value stand in PhViD's list in the order of its rows.
    table = table.sort_values(["drug", "event"], ignore_index=True)
    return table.merge(printed, on=["drug", "event"], how="left")


def z_of(table: pd.DataFrame, name: str) -> np.ndarray:
    """As PhViD computes it: infinite by infinite, so NaN, where c = 0."""
    n11, n10 = table.N.to_numpy(float), (table.n_drug - table.N).to_numpy(float)
    n01 = (table.n_event - table.N).to_numpy(float)
    n00 = table.n_tot.to_numpy(float) - (n11 + n10 + n01)
    with np.errstate(divide="ignore", invalid="ignore"):
        if name == "prr":
            ratio = (n11 / (n11 + n10)) / (n01 / (n01 + n00))
            variance = 1 / n11 - 1 / (n11 + n10) + 1 / n01 - 1 / (n01 + n00)
        else:
            ratio = n11 * n00 / (n10 * n01)
            variance = 1 / n11 + 1 / n10 + 1 / n01 + 1 / n00
        return np.log(ratio) / np.sqrt(variance)


@pytest.mark.parametrize("name", ["prr", "ror"])
def test_the_rate_of_phvid_is_reproduced_with_its_faults(phvid, name):
    made = phvid_fdr(z_of(phvid, name)).q
    known = phvid[f"{name}_fdr_lbe"].notna().to_numpy()
    off = np.abs(made - phvid[f"{name}_fdr_lbe"])[known]
    assert known.sum() == 51_208
    assert off.max() < 1e-6


@pytest.mark.parametrize("name", ["prr", "ror"])
def test_lbe_is_that_of_phvid_but_for_pairs_with_c_zero(phvid, name):
    z = z_of(phvid, name)
    made = lbe_q(norm.sf(z))
    assert made.n_missing == np.isnan(z).sum() > 0
    assert made.m == len(phvid) - made.n_missing
    known = phvid[f"{name}_fdr_lbe"].notna().to_numpy()
    off = np.abs(made.q - phvid[f"{name}_fdr_lbe"])[known]
    # The shift by two or four ranks is largest at the top of the list.
    assert off.max() < 2e-3
    assert np.quantile(off, 0.99) < 1e-3


def test_bayesian_rate_is_that_of_phvid_from_its_own_posterior(phvid):
    a1, b1, a2, b2, weight = 0.2, 0.06, 1.4, 1.8, 0.1  # the prior held fixed
    n, e = phvid.N.to_numpy(float), phvid.E.to_numpy()

    def log_negative_binomial(a: float, b: float) -> np.ndarray:
        log = gammaln(a + n) - gammaln(a) - gammaln(n + 1)
        return log + a * np.log(b / (b + e)) + n * np.log(e / (b + e))

    odds = np.log(weight / (1 - weight))
    odds += log_negative_binomial(a1, b1) - log_negative_binomial(a2, b2)
    null = expit(odds) * gammainc(a1 + n, b1 + e)
    null += (1 - expit(odds)) * gammainc(a2 + n, b2 + e)
    known = phvid.gps_fixedprior_postH0.notna().to_numpy()
    np.testing.assert_allclose(
        null[known], phvid.gps_fixedprior_postH0[known], rtol=0, atol=1e-12
    )
    made = bayesian_fdr(null)
    assert made.m == len(phvid)
    above = (made.q - phvid.gps_fixedprior_bayesFDR)[known]
    # Tied pairs (961 have a probability of 1) stand in the order of their rows there;
    # here they have the rate of the list that holds them all, the largest of theirs.
    # A probability a bit below 1 here is 1 there, and the other way round.
    assert above.min() > -1e-4
    _, place, ties = np.unique(null.round(11), return_inverse=True, return_counts=True)
    alone = (ties[place] == 1)[known]
    assert alone.sum() > 45_000
    assert np.abs(above[alone]).max() < 1e-6


def test_benjamini_hochberg_is_that_of_scipy():
    p = np.random.default_rng(3).uniform(size=500) ** 2
    np.testing.assert_allclose(
        benjamini_hochberg(p).q, false_discovery_control(p), rtol=1e-12
    )


@pytest.mark.parametrize("method", METHODS)
def test_missing_value_is_no_member_of_the_family(method):
    p = np.array([0.01, np.nan, 0.2, 0.9, np.nan, 0.03])
    made, without = method(p), method(p[~np.isnan(p)])
    assert (made.m, made.n_missing) == (4, 2)
    assert made.pi0 == without.pi0
    assert np.isnan(made.q[[1, 4]]).all()
    np.testing.assert_array_equal(made.q[~np.isnan(p)], without.q)


@pytest.mark.parametrize("method", METHODS)
def test_empty_family_has_no_rate(method):
    made = method([np.nan, np.nan])
    assert (made.m, made.n_missing) == (0, 2)
    assert np.isnan(made.q).all()
    assert np.isnan(made.pi0)
    assert method([]).q.shape == (0,)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("value", [-0.01, 1.01, np.inf])
def test_value_that_is_no_probability_is_refused(method, value):
    with pytest.raises(ValueError, match="outside"):
        method([0.5, value])


def test_storey_at_a_cut_outside_of_the_interval_is_refused():
    with pytest.raises(ValueError, match="cut"):
        storey_q([0.5], cut=1.0)


@pytest.mark.parametrize("method", METHODS)
@given(probabilities, st.randoms(use_true_random=False))
def test_rate_is_monotone_and_blind_to_the_order_of_rows(method, p, random):
    made = method(p).q
    order = np.argsort(p, kind="stable")
    assert (np.diff(made[order]) >= 0).all()
    assert ((made >= 0) & (made <= 1)).all()
    # Equal values have one rate.
    for value in np.unique(p):
        assert len(set(made[p == value])) == 1
    shuffled = list(range(p.size))
    random.shuffle(shuffled)
    np.testing.assert_allclose(method(p[shuffled]).q, made[shuffled], rtol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_shape_of_the_input_is_kept(method):
    p = np.random.default_rng(1).uniform(size=(3, 4))
    assert method(p).q.shape == (3, 4)
    np.testing.assert_array_equal(method(p).q.ravel(), method(p.ravel()).q)


@given(probabilities)
def test_estimated_share_of_true_nulls_never_raises_the_rate(p):
    strict = benjamini_hochberg(p).q
    assert (storey_q(p).q <= strict * (1 + 1e-12)).all()


@given(probabilities)
def test_rate_of_the_list_is_the_mean_posterior_of_its_pairs(p):
    rates = bayesian_fdr(p).q
    for value in p:
        assert rates[p == value][0] == pytest.approx(p[p <= value].mean(), abs=1e-12)


def test_file_order_would_have_given_another_bayesian_rate():
    worst_first = bayesian_fdr([0.9, 0.1]).q
    assert worst_first.tolist() == [0.5, 0.1]


@pytest.mark.parametrize("method", [benjamini_hochberg, storey_q, lbe_q])
def test_list_of_a_mixture_holds_no_more_false_pairs_than_it_says(method):
    rng = np.random.default_rng(7)
    is_null = np.arange(2_000) < 1_600
    shares = []
    for _ in range(40):
        z = rng.normal(np.where(is_null, 0.0, 2.5))
        chosen = method(norm.sf(z)).q <= 0.1
        shares.append(is_null[chosen].mean())
    assert 0.06 < np.mean(shares) < 0.105


def test_both_estimates_find_the_share_of_true_nulls():
    shares = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        p = norm.sf(rng.normal(np.where(np.arange(5_000) < 3_500, 0.0, 4.0)))
        shares.append((lbe_q(p).pi0, storey_q(p).pi0))
    # One estimate of LBE has a standard deviation of up to 0.05.
    np.testing.assert_allclose(np.mean(shares, axis=0), 0.7, atol=0.03)


def test_pairs_reported_less_than_expected_are_no_true_nulls_for_lbe_alone():
    rng = np.random.default_rng(9)
    p = norm.sf(rng.normal(np.where(np.arange(50_000) < 25_000, 0.0, -4.0)))
    assert lbe_q(p).pi0 == pytest.approx(0.5, abs=0.15)
    assert storey_q(p).pi0 == 1


def test_the_examples_in_the_docstrings_run():
    assert doctest.testmod(multiplicity).failed == 0
