"""Prior and scores of the gamma Poisson shrinker against peers and slow formulas."""

from __future__ import annotations

import doctest
import os
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from pvsignal.stats import (
    MgpsPrior,
    fit_mgps,
    gamma_mixture,
    gamma_poisson,
    mgps,
    zero_cells,
)
from pvsignal.stats.gamma_poisson import Objective, Table, to_free

# Pairs of a simulated table, scored by openEBGM 0.9.1 with the priors of the other
# file (12 digits); and the best priors that openEBGM's likelihoods, R's nlminb and a
# search from 25 points gave for four tables, with their negative log-likelihoods.
GOLDENS = Path(__file__).parents[1] / "goldens"
VECTORS = Path(__file__).parents[2].parent / "shared" / "stats" / "vectors"

# DuMouchel 1999, and one whose second component is nearly a point.
PRIOR = MgpsPrior(0.2, 0.06, 1.4, 1.8, 0.1)
NEARLY_A_POINT = MgpsPrior(0.43, 0.037, 5.6e9, 5.8e9, 0.64)


@cache
def published() -> pd.DataFrame:
    return pd.read_csv(GOLDENS / "mgps_theta.csv")


def published_fit(table: str, likelihood: str) -> pd.Series:
    found = published().query("table == @table and likelihood == @likelihood")
    assert len(found) == 1
    return found.iloc[0]


def published_prior(table: str, likelihood: str) -> MgpsPrior:
    row = published_fit(table, likelihood)
    return MgpsPrior(row.alpha1, row.beta1, row.alpha2, row.beta2, row.p)


def by_falling_mean(prior: MgpsPrior) -> tuple[float, ...]:
    alpha1, beta1, alpha2, beta2, p = prior.theta
    if alpha1 / beta1 < alpha2 / beta2:
        return alpha2, beta2, alpha1, beta1, 1 - p
    return prior.theta


@cache
def pairs(table: str) -> pd.DataFrame:
    name = "table_phvid" if table == "phvid" else f"mgps_pairs_{table}"
    for suffix, read in ((".parquet", pd.read_parquet), (".csv", pd.read_csv)):
        file = VECTORS / f"{name}{suffix}"
        if file.exists():
            return read(file)
    pytest.skip("the shared vectors are not beside the checkout")


def with_zeros(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if (table.N == 0).any():
        return table.N.to_numpy(), table.E.to_numpy(), np.ones(len(table))
    expected, weights = zero_cells(
        table.n_drug,
        table.n_event,
        drug_margins=table.drop_duplicates("drug").n_drug,
        event_margins=table.drop_duplicates("event").n_event,
        n_reports=table.n_tot.iloc[0],
    )
    return (
        np.append(table.N, np.zeros(expected.size)),
        np.append(table.E, expected),
        np.append(np.ones(len(table)), weights),
    )


@cache
def fitted(table: str, likelihood: str) -> MgpsPrior:
    found = pairs(table)
    if likelihood == "C":
        n, expected, weights = with_zeros(found)
        return fit_mgps(n, expected, "C", weights=weights)
    return fit_mgps(found.N, found.E, likelihood)


def simulated(n_pairs: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    expected = np.exp(rng.normal(-0.5, 1.8, n_pairs))
    first = rng.random(n_pairs) < 0.2
    ratio = np.where(
        first, rng.gamma(0.8, 1 / 0.2, n_pairs), rng.gamma(3, 1 / 3.5, n_pairs)
    )
    return rng.poisson(ratio * expected), expected


def slow_log_likelihood(prior: MgpsPrior, n, expected, likelihood: str) -> float:
    """The table of the module's docstring, written with scipy's distributions."""
    f, zero = [], []
    for alpha, beta in ((prior.alpha1, prior.beta1), (prior.alpha2, prior.beta2)):
        law = stats.nbinom(alpha, beta / (beta + expected))
        f.append(law.pmf(n))
        zero.append(law.pmf(0))
    p = prior.p
    mixed = p * f[0] + (1 - p) * f[1]
    if likelihood == "A":
        value = p * f[0] / (1 - zero[0]) + (1 - p) * f[1] / (1 - zero[1])
    elif likelihood == "B":
        value = mixed / (1 - p * zero[0] - (1 - p) * zero[1])
    else:
        value = mixed
    return np.log(value).sum()


def slow_scores(prior: MgpsPrior, n: float, e: float) -> dict[str, float]:
    """Posterior as prior times Poisson, summed over the logarithm of the ratio."""
    u = np.arange(-150.0, 12.0, 1e-3)
    x = np.exp(u)
    density = prior.p * stats.gamma.pdf(x, prior.alpha1, scale=1 / prior.beta1)
    density += (1 - prior.p) * stats.gamma.pdf(x, prior.alpha2, scale=1 / prior.beta2)
    weight = density * x * stats.poisson.pmf(n, x * e)
    below = np.append(0, np.cumsum((weight[1:] + weight[:-1]) / 2))
    below, weight = below / below[-1], weight / weight.sum()
    return {
        "ebgm": np.exp((u * weight).sum()),
        "eb05": np.exp(np.interp(0.05, below, u)),
        "eb95": np.exp(np.interp(0.95, below, u)),
    }


# ----- Scores ------------------------------------------------------------------------


@pytest.mark.parametrize("likelihood", ["A", "B"])
def test_scores_of_a_given_prior_are_those_of_openebgm(likelihood):
    rows = pd.read_csv(GOLDENS / "mgps_pairs.csv")
    prior, suffix = published_prior("synth_s11", likelihood), f"_{likelihood.lower()}"
    expected = rows.n_drug / rows.n_total * rows.n_event
    ours = prior.score(rows.n, expected)
    np.testing.assert_allclose(ours.ebgm, rows["ebgm" + suffix], rtol=1e-8)
    np.testing.assert_allclose(ours.eb05, rows["eb05" + suffix], rtol=0, atol=2e-8)
    np.testing.assert_allclose(ours.eb95, rows["eb95" + suffix], rtol=0, atol=2e-8)
    np.testing.assert_allclose(
        prior.weight(rows.n, expected), rows["q" + suffix], rtol=1e-9, atol=1e-11
    )


@pytest.mark.parametrize("table", ["caers", "statin49", "synth_s11"])
@pytest.mark.parametrize("likelihood", ["A", "B"])
def test_scores_of_a_given_prior_are_those_of_openebgm_in_whole_tables(
    table, likelihood
):
    rows, prior = pairs(table), published_prior(table, likelihood)
    if (table, likelihood) == ("caers", "A"):  # scored with the prior of the vignette
        prior = MgpsPrior(
            3.25594061162743,
            0.399988389691935,
            2.02375521570983,
            1.90613788114649,
            0.0653078426602688,
        )
    ours = prior.score(rows.N, rows.E)
    np.testing.assert_allclose(ours.ebgm, rows[f"EBGM_{likelihood}"], rtol=1e-8)
    for name in ("eb05", "eb95"):
        theirs = rows[f"{name.upper()}_{likelihood}"]
        np.testing.assert_allclose(ours[name], theirs, rtol=0, atol=2e-8)


@pytest.mark.parametrize("n", [0, 1, 7])
@pytest.mark.parametrize("e", [0.01, 3.0])
def test_scores_are_those_of_the_posterior_by_quadrature(n, e):
    ours = PRIOR.score(n, e).iloc[0]
    for name, slow in slow_scores(PRIOR, n, e).items():
        assert ours[name] == pytest.approx(slow, rel=1e-6), name


def test_quantiles_have_the_probabilities_they_name():
    n = np.array([0, 1, 2, 5, 40, 1000, 10**7])[:, np.newaxis]
    e = np.array([1e-7, 1e-3, 0.3, 1, 20, 1e4, 1e7])
    n, e = (x.ravel() for x in np.broadcast_arrays(n, e))
    scores = PRIOR.score(n, e)
    for name, p in (("eb05", 0.05), ("eb95", 0.95)):
        below = [
            PRIOR.probability_below(*pair, at)[0]
            for *pair, at in zip(n, e, scores[name], strict=True)
        ]
        np.testing.assert_allclose(below, p, rtol=1e-8)


@pytest.mark.parametrize("alpha", [1e4, 1e9, 1e13, 1e17])
def test_quantiles_keep_apart_where_a_component_is_a_point(alpha):
    prior = MgpsPrior(alpha, alpha, 0.5, 0.4, 0.5)
    n, e = np.array([3.0, 1e4, 1e7]), np.array([3.1, 1e4, 1e7])
    scores = prior.score(n, e)
    assert (scores.eb05 < scores.eb95).all()
    for name, p in (("eb05", 0.05), ("eb95", 0.95)):
        for k in range(n.size):
            # A neighbour in float64 may be 1e-8 of the probability away.
            found = prior.probability_below(n[k], e[k], scores[name][k])
            assert found[0] == pytest.approx(p, abs=1e-6)


def test_large_tables_are_interpolated_to_far_below_what_is_promised():
    n, expected = simulated(300_000)
    ours = PRIOR.score(n, expected)
    some = slice(0, 100_000)
    solved = PRIOR.score(n[some], expected[some])
    assert not np.array_equal(ours.eb05[some], solved.eb05)  # another way was taken
    for name in ours:
        np.testing.assert_allclose(ours[name][some], solved[name], rtol=1e-8)


def test_a_prior_that_is_nearly_a_point_interpolates_too():
    n, expected = simulated(260_000)
    ours = NEARLY_A_POINT.score(n, expected)
    some = slice(0, 20_000)
    solved = NEARLY_A_POINT.score(n[some], expected[some])
    np.testing.assert_allclose(ours[some].to_numpy(), solved.to_numpy(), rtol=1e-6)


def test_a_pair_without_an_expected_count_has_no_score():
    n, e = [1, 1, 1, np.nan, 2], [0.0, -1.0, np.nan, 1.0, np.inf]
    assert PRIOR.score(n, e).isna().all(axis=None)
    assert np.isnan(PRIOR.weight(n, e)).all()
    assert np.isnan(PRIOR.probability_below(n, e, 1.0)).all()
    assert PRIOR.score([3, *n], [1.0, *e]).notna().all(axis=1).tolist() == [
        True,
        *5 * [False],
    ]


def test_no_pair_gives_no_row():
    assert PRIOR.score([], []).shape == (0, 3)


def test_scores_keep_the_index_of_their_pairs():
    table = pd.DataFrame({"n": [3, 1], "e": [1.0, 2.0]}, index=[7, 2])
    assert PRIOR.score(table.n, table.e).index.tolist() == [7, 2]


def test_a_negative_count_is_refused():
    with pytest.raises(ValueError, match="negative"):
        PRIOR.score(-1, 1.0)


@pytest.mark.parametrize(
    "theta", [(0, 1, 1, 1, 0.5), (1, np.inf, 1, 1, 0.5), (1, 1, 1, 1, 1.5)]
)
def test_what_is_no_prior_is_refused(theta):
    with pytest.raises(ValueError, match=r"above 0|between 0 and 1"):
        MgpsPrior(*theta)


def test_components_may_be_named_either_way():
    swapped = MgpsPrior(1.4, 1.8, 0.2, 0.06, 0.9)
    n, e = np.arange(50), np.linspace(0.01, 5, 50)
    pd.testing.assert_frame_equal(
        PRIOR.score(n, e), swapped.score(n, e), check_exact=False, rtol=1e-11
    )
    np.testing.assert_allclose(PRIOR.weight(n, e), 1 - swapped.weight(n, e), atol=1e-12)


def test_one_component_alone_is_a_gamma_distribution():
    alone = MgpsPrior(2.0, 3.0, 9.0, 9.0, 1.0)
    law = stats.gamma(2.0 + 4, scale=1 / (3.0 + 1.5))
    scores = alone.score(4, 1.5)
    assert scores.eb05[0] == pytest.approx(law.ppf(0.05), rel=1e-10)
    assert scores.eb95[0] == pytest.approx(law.ppf(0.95), rel=1e-10)
    assert alone.probability_below(4, 1.5, 1.0)[0] == pytest.approx(law.cdf(1.0))


# ----- Likelihoods and fits ----------------------------------------------------------


@pytest.mark.parametrize("likelihood", ["A", "B", "C"])
def test_likelihoods_and_gradients_are_those_of_the_table_in_the_docstring(likelihood):
    n, expected = simulated(400)
    if likelihood != "C":
        n, expected = n[n > 0], expected[n > 0]
    table = Table.of(n, expected, None, with_zeros=True)
    objective = Objective(table, likelihood)
    # Above shape 30 the gamma functions are taken by another formula.
    for theta in (PRIOR.theta, (40.0, 8.0, 31.0, 30.0, 0.2)):
        value, gradient = objective(to_free(theta))
        slow = slow_log_likelihood(MgpsPrior(*theta), n, expected, likelihood)
        assert value == pytest.approx(-slow, rel=1e-11)
        slopes = optimize.approx_fprime(
            to_free(theta), lambda free: objective(free)[0], 1e-6
        )
        np.testing.assert_allclose(gradient, slopes, rtol=1e-4, atol=1e-3)


def test_equal_cells_are_one_row_with_their_weight():
    n, expected = simulated(300)
    expected = expected.round(1) + 0.1
    plain = fit_mgps(n, expected)
    unique, weights = np.unique(np.stack([n, expected]), axis=1, return_counts=True)
    grouped = fit_mgps(*unique, weights=weights)
    assert plain.nll == pytest.approx(grouped.nll, rel=1e-12)
    assert plain.n_rows == grouped.n_rows == (unique[0] > 0).sum()
    assert plain.n_cells == grouped.n_cells == (n > 0).sum()


def test_zeros_count_for_the_likelihood_of_all_cells_only():
    n, expected = simulated(3000)
    some = n > 0
    assert fit_mgps(n, expected, "B") == fit_mgps(n[some], expected[some], "B")
    assert fit_mgps(n, expected, "C").n_cells == 3000


@pytest.mark.parametrize("likelihood", ["B", "C"])
def test_the_prior_of_simulated_pairs_is_found_again(likelihood):
    prior = fit_mgps(*simulated(60_000), likelihood)
    assert prior.converged
    truth = MgpsPrior(0.8, 0.2, 3.0, 3.5, 0.2)
    cells = Table.of(*simulated(60_000), None, with_zeros=likelihood == "C")
    # Twice the gain has a chi-squared distribution of 5 degrees: 20.5 at 0.999.
    gain = Objective(cells, likelihood)(to_free(truth.theta))[0] - prior.nll
    assert 0 < gain < 10.3
    n, e = np.arange(1, 100), np.linspace(0.1, 20, 99)
    np.testing.assert_allclose(
        prior.score(n, e).ebgm, truth.score(n, e).ebgm, rtol=0.03
    )


@pytest.mark.parametrize("table", ["caers", "statin49", "synth_s11", "phvid"])
@pytest.mark.parametrize("likelihood", ["A", "B", "C"])
def test_no_published_prior_has_a_larger_likelihood(table, likelihood):
    prior, best = fitted(table, likelihood), published_fit(table, likelihood)
    assert prior.n_cells == best.n_cells
    assert prior.converged
    assert prior.nll <= best.nll * (1 + 1e-9) + 1e-6


@pytest.mark.parametrize("table", ["synth_s11", "phvid"])
@pytest.mark.parametrize("likelihood", ["A", "B", "C"])
def test_where_the_prior_is_well_determined_it_is_the_published_one(table, likelihood):
    ours, theirs = fitted(table, likelihood), published_prior(table, likelihood)
    assert ours.theta == pytest.approx(by_falling_mean(theirs), rel=1e-3)
    rows = pairs(table)
    np.testing.assert_allclose(
        ours.score(rows.N, rows.E), theirs.score(rows.N, rows.E), rtol=1e-3
    )


def test_the_prior_of_the_openebgm_vignette_is_a_local_optimum():
    prior = fitted("caers", "A")
    assert 4162.18 < prior.nll < 4162.1809  # 4162.4557 there
    assert prior.n_starts_agreeing < prior.n_starts


def test_the_best_optimum_does_not_depend_on_where_the_search_begins():
    table = pairs("caers")
    rng = np.random.default_rng(3)
    starts = [
        (a, a / m, b, b / k, p)
        for a, m, b, k, p in zip(
            np.exp(rng.uniform(-2, 4, 8)),
            np.exp(rng.uniform(0, 3, 8)),
            np.exp(rng.uniform(-1, 2, 8)),
            np.exp(rng.uniform(-1, 0.5, 8)),
            rng.uniform(0.01, 0.5, 8),
            strict=True,
        )
    ]
    random = fit_mgps(table.N, table.E, "A", starts=[*starts, mgps.STARTS[1]])
    assert random.nll >= fitted("caers", "A").nll - 1e-6


def pooled(n_drugs: int) -> tuple[np.ndarray, np.ndarray]:
    """Few drugs and all others pooled, whose counts are huge and as expected."""
    rng = np.random.default_rng(n_drugs)
    expected = np.exp(rng.normal(1, 2, (30, n_drugs)))
    n = rng.poisson(expected * rng.gamma(0.6, 2.0, expected.shape))
    others = np.exp(rng.normal(14, 1, 30))
    return np.append(n, rng.poisson(others)), np.append(expected, others)


def test_a_search_does_not_walk_along_a_ridge_to_its_end(monkeypatch):
    calls = 0
    asked = Objective.__call__

    def counted(self, free):
        nonlocal calls
        calls += 1
        return asked(self, free)

    monkeypatch.setattr(Objective, "__call__", counted)
    prior = fit_mgps(*pooled(6), "B")
    # Forty steps of Newton's method from each start came to 240 evaluations and more.
    assert calls < 160 * prior.n_starts


@pytest.mark.parametrize("likelihood", ["A", "B", "C"])
def test_a_pooled_column_of_other_drugs_shrinks_a_component_to_a_point(likelihood):
    n, expected = pooled(6)
    prior = fit_mgps(n, expected, likelihood)
    assert prior.converged
    assert max(prior.alpha1, prior.alpha2) > 1e4
    scores = prior.score(n, expected)
    assert np.isfinite(scores).all(axis=None)
    assert (scores.eb05 <= scores.eb95).all()
    for theta in mgps.STARTS:
        objective = Objective(
            Table.of(n, expected, None, with_zeros=likelihood == "C"), likelihood
        )
        assert prior.nll <= objective(to_free(theta))[0]


@pytest.mark.parametrize(
    ("n", "e"),
    [
        ([1], [0.1]),
        ([3, 3, 3], [1.0, 1.0, 1.0]),
        ([1, 2, 10**7], [1e-7, 1e7, 1.0]),
        (np.ones(500), np.full(500, 1e-6)),
    ],
)
@pytest.mark.parametrize("likelihood", ["A", "B", "C"])
def test_tables_that_determine_no_prior_give_one_all_the_same(n, e, likelihood):
    prior = fit_mgps(n, e, likelihood)
    assert np.isfinite(prior.nll)
    assert np.isfinite(prior.score(n, e)).all(axis=None)


@pytest.mark.parametrize(
    ("n", "e", "weights", "words"),
    [
        ([1, 2], [1.0, 0.0], None, "1 expected counts not above 0"),
        ([1, 2], [1.0, np.nan], None, "1 expected counts not above 0"),
        ([1, -2], [1.0, 1.0], None, "count is negative"),
        ([1, 2], [1.0], None, "one length"),
        ([1, 2], [1.0, 1.0], [1, -1], "weight is negative"),
        ([0, 0], [1.0, 1.0], None, "no cell"),
    ],
)
def test_cells_that_cannot_be_are_refused(n, e, weights, words):
    with pytest.raises(ValueError, match=words):
        fit_mgps(n, e, weights=weights)


def test_a_likelihood_of_another_name_is_refused():
    with pytest.raises(ValueError, match="A, B or C"):
        fit_mgps([1], [1.0], "D")


def test_more_processors_change_no_number(monkeypatch):
    # Parts so small that each step has many, and counts with and without a grid.
    monkeypatch.setattr(gamma_poisson, "_CHUNK", 64)
    monkeypatch.setattr(gamma_poisson, "_FEWEST_SHARED", 2)
    monkeypatch.setattr(gamma_mixture, "_SOLVE_ALL", 500)
    rng = np.random.default_rng(5)
    e = rng.gamma(0.3, 3, size=2_000) + 1e-6
    n = rng.poisson(e * rng.gamma(0.7, 1.6, size=e.size))

    def found(n_processors: int) -> tuple[tuple[float, ...], pd.DataFrame]:
        monkeypatch.setattr(os, "cpu_count", lambda: n_processors)
        prior = fit_mgps(n, e)
        below = prior.probability_below(n, e, 2.0)
        return (*prior.theta, prior.nll), prior.score(n, e).assign(below=below)

    (alone, scores), (shared, same) = found(1), found(4)
    assert shared == alone
    pd.testing.assert_frame_equal(same, scores, check_exact=True)


def test_a_fit_is_the_same_each_time():
    n, expected = simulated(2000)
    assert fit_mgps(n, expected) == fit_mgps(n, expected)


# ----- Zeros -------------------------------------------------------------------------


def test_zeros_by_margins_are_those_of_the_whole_grid():
    rng = np.random.default_rng(5)
    grid = rng.poisson(0.4, (12, 17)) + np.eye(12, 17, dtype=int)
    grid[0, 12:] = 1
    drugs, events, total = grid.sum(axis=1), grid.sum(axis=0), grid.sum()
    i, j = np.nonzero(grid)
    expected, weights = zero_cells(
        drugs[i],
        events[j],
        drug_margins=drugs,
        event_margins=events,
        n_reports=total,
    )
    cells = np.outer(drugs, events) / total
    assert weights.sum() == (grid == 0).sum()
    np.testing.assert_allclose(
        np.sort(np.repeat(expected, weights.astype(int))), np.sort(cells[grid == 0])
    )


def test_pairs_that_no_margin_allows_are_refused():
    with pytest.raises(ValueError, match="no drug or no event"):
        zero_cells([5], [3], drug_margins=[4], event_margins=[3], n_reports=9)
    with pytest.raises(ValueError, match="more reported pairs"):
        zero_cells([4, 4], [3, 3], drug_margins=[4], event_margins=[3], n_reports=9)


def test_the_examples_in_the_docstrings_run():
    assert doctest.testmod(mgps).failed == 0
