"""Adjusted reporting odds ratio against known truth, closed forms and a peer fit."""

from __future__ import annotations

import doctest
import itertools
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from pvsignal.stats import adjusted, mantel_haenszel_ror, ror
from pvsignal.stats.adjusted import (
    COVARIATES,
    COVARIATES_WITHOUT_REPORTER,
    MISSING,
    adjusted_ror,
    reports_of_sex,
    reports_of_sex_or_unknown,
)

AGES = ["0-17", "18-44", "45-64", "65+", None]
SEXES = ["F", "M", "UNK"]


def logistic(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def confounded(true_ror: float, *, seed: int | None = None) -> pd.DataFrame:
    """The exposed are young women; the event is one of old men.

    With a seed the counts are drawn, without it they are what is expected.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for (i, age), (j, sex), region, reporter, year, is_exposed in itertools.product(
        enumerate(AGES),
        enumerate(SEXES),
        ["US", "EU"],
        ["professional", "consumer"],
        [2019, 2020, 2021],
        [True, False],
    ):
        share = (
            [0.1, 0.6, 0.2, 0.05, 0.05][i] * [0.8, 0.1, 0.1][j]
            if is_exposed
            else [0.05, 0.2, 0.3, 0.35, 0.1][i] * [0.4, 0.5, 0.1][j]
        )
        n = (3_000 if is_exposed else 100_000) * share
        logit = -6 + [0.0, 1.0, 2.0, 3.0, 1.5][i] + [0.0, 1.0, 0.5][j]
        logit += (
            0.3 * (region == "US") + 0.1 * (year - 2020) + np.log(true_ror) * is_exposed
        )
        n = int(n) if seed is not None else n
        n_event = (
            rng.binomial(n, logistic(logit))
            if seed is not None
            else n * logistic(logit)
        )
        rows.append((age, sex, region, reporter, year, is_exposed, n_event, n))
    return pd.DataFrame(
        rows,
        columns=[
            "age_band",
            "sex",
            "region",
            "reporter",
            "year",
            "is_exposed",
            "n_event",
            "n",
        ],
    )


def crude(counts: pd.DataFrame) -> np.ndarray:
    of = counts.groupby("is_exposed")[["n_event", "n"]].sum()
    a, c = of.loc[True, "n_event"], of.loc[False, "n_event"]
    return ror(a, of.loc[True, "n"] - a, c, of.loc[False, "n"] - c)


def table(strata: list[tuple[int, int, int, int]]) -> pd.DataFrame:
    """Strata of cells a, b, c, d as grouped counts by one covariate."""
    rows = [
        (f"stratum {i}", is_exposed, event, event + other)
        for i, (a, b, c, d) in enumerate(strata)
        for is_exposed, event, other in [(True, a, b), (False, c, d)]
    ]
    return pd.DataFrame(rows, columns=["stratum", "is_exposed", "n_event", "n"])


@pytest.mark.parametrize("true_ror", [0.5, 1.0, 3.0])
def test_confounding_by_age_and_sex_is_taken_out(true_ror):
    counts = confounded(true_ror)
    # Young women report the event less than half as often as the others.
    assert crude(counts).point[0] < 0.55 * true_ror
    made = adjusted_ror(counts)
    assert made.point == pytest.approx(true_ror, rel=1e-6)
    assert made.is_converged
    assert not made.is_separated
    assert adjusted_ror(
        counts, covariates=COVARIATES_WITHOUT_REPORTER
    ).point == pytest.approx(true_ror, rel=1e-6)
    # Age alone leaves the part that sex makes.
    assert adjusted_ror(counts, covariates=["age_band"]).point < 0.9 * true_ror


def test_interval_holds_the_truth_as_often_as_it_says():
    inside = []
    for seed in range(200):
        made = adjusted_ror(confounded(2.0, seed=seed), covariates=["age_band", "sex"])
        inside.append(made.low <= 2.0 <= made.high)
    # 95 % with a standard error of 1.5 %.
    assert 0.90 <= np.mean(inside) <= 0.99


@given(*[st.integers(1, 10**6)] * 4)
def test_without_covariates_it_is_the_crude_ratio_and_interval(a, b, c, d):
    made, plain = adjusted_ror(table([(a, b, c, d)]), covariates=[]), ror(a, b, c, d)
    assert made.point == pytest.approx(plain.point[0], rel=1e-6)
    assert made.low == pytest.approx(plain.low[0], rel=1e-6)
    assert made.high == pytest.approx(plain.high[0], rel=1e-6)


def test_strata_of_one_odds_ratio_are_fitted_without_error():
    strata = [(40, 10, 50, 50), (10, 10, 5, 20), (6, 3, 10, 20)]
    made = adjusted_ror(table(strata), covariates=["stratum"])
    assert made.point == pytest.approx(4, rel=1e-8)
    # Saturated: the information of the strata adds up.
    information = sum(1 / sum(1 / np.array(cells)) for cells in strata)
    width = 1.959963984540054 / np.sqrt(information)
    assert np.log(made.high / made.low) == pytest.approx(2 * width, rel=1e-6)


def test_it_is_near_mantel_haenszel_in_large_strata():
    strata = [(40, 900, 300, 9000), (80, 600, 500, 8000), (25, 700, 150, 9500)]
    made = adjusted_ror(table(strata), covariates=["stratum"])
    peer = mantel_haenszel_ror(*np.array(strata).T)
    assert made.point == pytest.approx(peer.point[0], rel=0.02)
    assert made.low == pytest.approx(peer.low[0], rel=0.02)


def test_it_is_the_maximum_of_the_likelihood_written_out():
    counts = confounded(2.0, seed=4)
    of = (
        counts.groupby(["age_band", "sex", "is_exposed"], dropna=False)[
            ["n_event", "n"]
        ]
        .sum()
        .reset_index()
    )
    columns = [of["is_exposed"].to_numpy(float)]
    columns += [
        (of["age_band"].fillna("none") == age).to_numpy(float)
        for age in ["0-17", "18-44", "45-64", "65+", "none"]
    ]
    columns += [(of["sex"] == sex).to_numpy(float) for sex in ["M", "UNK"]]
    x, y, n = (
        np.column_stack(columns),
        of["n_event"].to_numpy(float),
        of["n"].to_numpy(float),
    )

    def loss(beta: np.ndarray) -> tuple[float, np.ndarray]:
        eta = x @ beta
        return float((n * np.logaddexp(0, eta) - y * eta).sum()), x.T @ (
            n * logistic(eta) - y
        )

    found = minimize(
        loss, np.full(x.shape[1], -1.0), jac=True, method="BFGS", options={"gtol": 1e-4}
    )
    made = adjusted_ror(counts, covariates=["age_band", "sex"])
    assert made.point == pytest.approx(np.exp(found.x[0]), rel=1e-4)


def test_split_patterns_and_further_columns_change_nothing():
    counts = confounded(2.0, seed=5)
    by_age = counts.groupby(["age_band", "is_exposed"], dropna=False, as_index=False)[
        ["n_event", "n"]
    ].sum()
    whole, split = (adjusted_ror(x, covariates=["age_band"]) for x in (by_age, counts))
    assert split == whole
    assert whole.n_patterns == 10


def test_missing_age_or_sex_is_a_level_of_its_own_and_never_dropped():
    counts = confounded(2.0, seed=6)
    made = adjusted_ror(counts)
    assert made.n_reports == counts["n"].sum()
    assert made.n_dropped == 0
    named = counts.assign(age_band=counts["age_band"].fillna(MISSING))
    assert adjusted_ror(named) == made
    known = adjusted_ror(counts[counts["age_band"].notna()])
    assert known.n_reports < made.n_reports


def test_exposed_without_the_event_have_ratio_zero_and_an_upper_limit():
    counts = confounded(1.0, seed=7)
    counts.loc[counts["is_exposed"], "n_event"] = 0
    made = adjusted_ror(counts)
    assert (made.point, made.low) == (0, 0)
    assert 0 < made.high < 1
    assert made.is_separated
    assert made.is_converged


def test_exposed_that_all_have_the_event_have_an_infinite_ratio_and_a_lower_limit():
    counts = confounded(1.0, seed=8)
    counts.loc[counts["is_exposed"], "n_event"] = counts["n"]
    made = adjusted_ror(counts)
    assert made.point == made.high == np.inf
    assert 1 < made.low < np.inf
    assert made.is_separated


@pytest.mark.parametrize(
    "strata",
    [
        [(0, 100, 500, 90_000)],
        [(0, 100, 500, 90_000), (0, 40, 900, 20_000)],
        [(5, 0, 500, 90_000), (8, 0, 900, 20_000)],
        [(3, 100, 0, 90_000), (4, 90, 0, 20_000)],
        [(1, 0, 7, 3346)],
    ],
)
def test_limit_of_a_separated_ratio_is_near_the_exact_one(strata):
    made = adjusted_ror(table(strata), covariates=["stratum"])
    exact = mantel_haenszel_ror(*np.array(strata).T)
    assert made.is_separated
    assert made.point == exact.point[0]
    finite = made.high if made.point == 0 else made.low
    assert finite == pytest.approx(
        exact.high[0] if made.point == 0 else exact.low[0], rel=0.1
    )


def test_event_that_no_one_else_reports_is_infinite_not_a_large_number():
    made = adjusted_ror(
        table([(3, 100, 0, 90_000), (4, 90, 0, 20_000)]), covariates=["stratum"]
    )
    assert made.point == made.high == np.inf
    assert made.is_separated
    exact = mantel_haenszel_ror([3, 4], [100, 90], [0, 0], [90_000, 20_000])
    assert made.low == pytest.approx(exact.low[0], rel=0.1)


def test_separation_that_takes_two_covariates_is_found():
    # The crude ratio is finite, every level has events and others, and yet the only
    # events in the EU are those of exposed men, where no one else of theirs has one.
    rows = [
        ("F", "EU", True, 0, 10),
        ("M", "EU", True, 3, 3),
        ("F", "EU", False, 0, 100),
        ("M", "EU", False, 0, 100),
        ("F", "US", False, 5, 100),
        ("M", "US", False, 7, 100),
    ]
    counts = pd.DataFrame(rows, columns=["sex", "region", "is_exposed", "n_event", "n"])
    assert np.isfinite(adjusted_ror(counts, covariates=[]).point)
    made = adjusted_ror(counts, covariates=["sex", "region"])
    assert made.is_separated
    assert made.point == made.high == np.inf
    assert 1 < made.low < np.inf
    assert made.n_dropped == 0


def test_exposure_that_stands_for_a_year_is_not_determined():
    rows = [
        ("2020", False, 50, 1000),
        ("2021", True, 9, 100),
        ("2022", False, 60, 1000),
    ]
    counts = pd.DataFrame(rows, columns=["year", "is_exposed", "n_event", "n"])
    made = adjusted_ror(counts, covariates=["year"])
    assert np.isnan([made.point, made.low, made.high]).all()
    assert not made.is_converged
    assert not made.is_separated


@pytest.mark.parametrize(
    "strata", [[(0, 10, 0, 100)], [(5, 0, 9, 0)], [(0, 0, 5, 90)], [(5, 90, 0, 0)]]
)
def test_nothing_to_compare_is_nan_not_a_number(strata):
    for covariates in ([], ["stratum"]):
        made = adjusted_ror(table(strata), covariates=covariates)
        assert np.isnan(made.point)
        assert not made.is_converged


def test_no_row_at_all_is_nan():
    assert np.isnan(
        adjusted_ror(table([(1, 1, 1, 1)]).head(0), covariates=["stratum"]).point
    )


def test_level_without_an_event_is_dropped_with_its_count_and_changes_nothing():
    strata = [(8, 90, 50, 900), (5, 60, 30, 800)]
    plain = adjusted_ror(table(strata), covariates=["stratum"])
    made = adjusted_ror(
        table([*strata, (0, 40, 0, 700), (3, 0, 4, 0)]), covariates=["stratum"]
    )
    assert (made.point, made.low, made.high) == (plain.point, plain.low, plain.high)
    assert made.n_dropped == 747
    assert made.dropped == (("stratum", "stratum 2"), ("stratum", "stratum 3"))
    assert made.n_reports == plain.n_reports


def test_collinear_covariates_do_not_move_the_ratio():
    counts = confounded(2.0, seed=9)
    twice = counts.assign(again=counts["sex"].str.lower())
    once = adjusted_ror(counts, covariates=["age_band", "sex"])
    made = adjusted_ror(twice, covariates=["age_band", "sex", "again"])
    assert made.point == pytest.approx(once.point, rel=1e-8)
    assert made.low == pytest.approx(once.low, rel=1e-8)


strata = st.lists(st.tuples(*[st.integers(0, 6)] * 4), min_size=1, max_size=3)


@given(strata)
def test_sparse_tables_never_give_an_absurd_number(strata):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = adjusted_ror(table(strata), covariates=["stratum"])
    if np.isnan(made.point):
        assert not made.is_converged
        return
    assert made.low <= made.point <= made.high
    assert made.is_separated == (made.point in (0, np.inf))
    if made.is_separated:
        assert made.low < np.inf
        assert made.high > 0
    else:
        assert 1e-6 < made.point < 1e6
    # Zero, infinite and undetermined are so for Mantel-Haenszel as well.
    peer = mantel_haenszel_ror(*np.array(strata).T)
    assert (peer.point[0] == 0) == (made.point == 0)
    assert (peer.point[0] == np.inf) == (made.point == np.inf)


@given(strata)
def test_ratio_that_mantel_haenszel_can_tell_is_determined(strata):
    peer = mantel_haenszel_ror(*np.array(strata).T)
    made = adjusted_ror(table(strata), covariates=["stratum"])
    assert np.isnan(peer.point[0]) == np.isnan(made.point)


def test_sex_specific_counts_restrict_exposed_and_others_alike():
    counts = confounded(2.0, seed=10)
    women = reports_of_sex(counts, "F")
    assert set(women["sex"]) == {"F"}
    assert set(women["is_exposed"]) == {True, False}
    with_unknown = reports_of_sex_or_unknown(counts, "F")
    assert set(with_unknown["sex"]) == {"F", "UNK"}
    men = reports_of_sex(counts, "M")
    assert len(with_unknown) + len(men) == len(counts)
    # One level of sex is left; the covariate may stay in the list.
    assert adjusted_ror(women) == adjusted_ror(
        women, covariates=[c for c in COVARIATES if c != "sex"]
    )


@pytest.mark.parametrize("sex", ["f", "", "UNK"])
def test_sex_that_faers_does_not_write_is_refused(sex):
    for select in (reports_of_sex, reports_of_sex_or_unknown):
        with pytest.raises(ValueError, match="pass F or M"):
            select(confounded(1.0), sex)


def test_counts_that_are_none_are_refused():
    counts = table([(5, 5, 5, 5)])
    with pytest.raises(ValueError, match="lack the columns year"):
        adjusted_ror(counts, covariates=["year"])
    with pytest.raises(ValueError, match="outside of 0 to n"):
        adjusted_ror(counts.assign(n_event=11), covariates=[])
    with pytest.raises(ValueError, match="every row"):
        adjusted_ror(counts.assign(n=np.nan), covariates=[])


def test_the_examples_in_the_docstrings_run():
    assert doctest.testmod(adjusted).failed == 0
