"""Pairs of the whole database and their priors in the published file of a run."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy import stats as distributions

from pvsignal.pipeline.scoring.pairs import FEWEST_PAIRS
from pvsignal.stats import MgpsPrior, disproportionality, fit_mgps
from tests.pipeline.conftest import Published

THETA = ["alpha1", "beta1", "alpha2", "beta2", "p"]
RATIOS = [f"{ratio}{end}" for ratio in ("prr", "ror") for end in ("", "_low", "_high")]
SCORES = ["ebgm", "eb05", "eb95"]


@pytest.fixture(scope="module")
def con(published: Published) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(published.result.database), read_only=True)


@pytest.fixture(scope="module")
def pairs(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    return con.sql("from api.pairs order by drug, event").df()


@pytest.fixture(scope="module")
def priors(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    return con.sql("from api.priors").df().set_index("event_level")


def _prior(priors: pd.DataFrame, level: str) -> MgpsPrior:
    return MgpsPrior(*priors.loc[level, THETA].astype(float))


def test_every_pair_is_there_once_with_margins_that_hold_it(
    pairs: pd.DataFrame,
) -> None:
    assert len(pairs) > 1_000
    assert not pairs.duplicated(["drug", "event"]).any()
    assert set(pairs["basis"]) == {"crude"}
    assert set(pairs["as_of"]) == {"2019q3"}
    assert pairs["n"].nunique() == 1
    assert (pairs["a"] >= 1).all()
    assert (pairs["a"] <= pairs[["n_drug", "n_event"]].min(axis=1)).all()


def test_a_pair_of_three_reports_has_the_statistics_of_its_table(
    pairs: pd.DataFrame, priors: pd.DataFrame
) -> None:
    enough = pairs[pairs["a"] >= 3]
    a, n_drug, n_event, n = (enough[x] for x in ("a", "n_drug", "n_event", "n"))
    expected = disproportionality(
        a, n_drug - a, n_event - a, n - n_drug - n_event + a
    ).join(_prior(priors, "pt").score(a, n_drug * n_event / n))
    assert len(enough) > 100
    names = ["expected", *RATIOS, "chi2_yates", "ic", "ic025", "ic975", *SCORES]
    np.testing.assert_allclose(enough[names], expected[names], rtol=1e-12)
    assert (enough["is_exact"].astype(bool) == expected["is_exact"]).all()


def test_a_pair_of_two_reports_has_counts_and_no_statistic(
    con: duckdb.DuckDBPyConnection,
) -> None:
    names = [*RATIOS, "is_exact", "chi2_yates", "ic", "ic025", "ic975", *SCORES]
    n_null = ", ".join(f"count({name})" for name in names)
    ((n_pairs, n_expected, *n_values),) = con.execute(
        f"select count(*), count(expected), {n_null} from api.pairs where a < 3"
    ).fetchall()
    assert n_pairs == n_expected > 100
    assert set(n_values) == {0}


def test_a_prior_is_the_optimum_of_the_pairs_that_are_published(
    pairs: pd.DataFrame, priors: pd.DataFrame
) -> None:
    row = priors.loc["pt"]
    assert (row["status"], row["likelihood"]) == ("fitted", "B")
    assert row["n_pairs"] == len(pairs)
    again = fit_mgps(pairs["a"], pairs["expected"])
    assert again.nll == pytest.approx(row["nll"], rel=1e-12)
    # The likelihood itself, by the negative binomials of another library.
    a, expected = pairs["a"].to_numpy(), pairs["expected"].to_numpy()
    components = [
        distributions.nbinom(
            row[f"alpha{k}"], row[f"beta{k}"] / (row[f"beta{k}"] + expected)
        )
        for k in (1, 2)
    ]
    weights = (row["p"], 1 - row["p"])
    density, reported = (
        sum(w * f(x) for w, f in zip(weights, functions, strict=True))
        for functions, x in (
            ([c.pmf for c in components], a),
            ([c.sf for c in components], 0),
        )
    )
    assert -np.log(density / reported).sum() == pytest.approx(row["nll"], rel=1e-6)


def test_a_level_with_too_few_pairs_has_no_prior_and_no_ebgm(
    con: duckdb.DuckDBPyConnection, priors: pd.DataFrame
) -> None:
    few = priors[priors["n_pairs"] < FEWEST_PAIRS]
    assert set(few["status"]) == {"too few pairs"}
    assert few[[*THETA, "nll", "is_at_edge"]].isna().all(axis=None)
    for level in few.index:
        ((n_cells, *n_values),) = con.execute(
            "select count(*), count(ebgm), count(sdr_eb05), count(prior_as_of), "
            f"count(prior_borrowed) from signals.statistic where event_level = '{level}'"
        ).fetchall()
        assert n_cells > 0
        assert set(n_values) == {0}


def test_cells_of_a_have_ebgm_at_fourth_quarters_and_at_the_latest(
    con: duckdb.DuckDBPyConnection, priors: pd.DataFrame
) -> None:
    fitted = set(priors.index[priors["status"] == "fitted"])
    cells = con.sql(
        "select variant, comparator, drug_level, event_level, quarter, is_latest, a, "
        "expected, ebgm, eb05, eb95, prior_as_of, prior_borrowed, sdr_eb05 "
        "from signals.statistic"
    ).df()
    wanted = (
        (cells["comparator"] == "A")
        & cells["event_level"].isin(fitted)
        & (cells["is_latest"] | cells["quarter"].str.endswith("q4"))
        & (cells["a"] >= 1)
    )
    computed = ["ebgm", "eb05", "eb95", "prior_as_of", "prior_borrowed", "sdr_eb05"]
    assert cells.loc[~wanted, computed].isna().all(axis=None)
    assert cells.loc[wanted, computed].notna().all(axis=None)
    scored = cells[wanted]
    assert set(scored["prior_as_of"]) == {"2019q3"}
    assert {"2018q4", "2019q3"} == set(scored["quarter"])
    assert scored["variant"].nunique() > 5
    assert (
        scored["prior_borrowed"].astype(bool) == (scored["drug_level"] == "class")
    ).all()
    flags = (scored["a"] >= 3) & (scored["eb05"] >= 2)
    assert (scored["sdr_eb05"].astype(bool) == flags).all()
    assert flags.any() and not flags.all()
    for level, rows in scored.groupby("event_level"):
        found = _prior(priors, str(level)).score(rows["a"], rows["expected"])
        np.testing.assert_allclose(rows[SCORES], found, rtol=1e-12)
