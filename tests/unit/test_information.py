"""Information components against peers, papers and identities."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from pvsignal.stats import (
    bcpnn_dirichlet,
    bcpnn_dirichlet_interval,
    bcpnn_normal,
    expected,
    ic_approximation,
    information_component,
)
from tests.stats_vectors import (
    Columns,
    assert_near,
    assert_same,
    cells,
    golden,
    phvid,
    vectors,
)

# n11 = 25, n1. = 1,126, n.1 = 87, N = 572,573 (Norén 2006).
NOREN_2006 = (25, 1101, 62, 571_385)


@pytest.fixture(params=[golden, vectors])
def table(request: pytest.FixtureRequest) -> Columns:
    return request.param()


def test_component_and_limits_are_those_of_pvda(table):
    result = information_component(table["a"], expected(*cells(table)))
    for name in ("ic", "ic025", "ic975"):
        assert_same(getattr(result, name), table[name])


def test_closed_approximation_is_that_of_pharmsignal_and_undefined_at_zero(table):
    result = ic_approximation(table["a"], expected(*cells(table)))
    assert_same(result.low, table["ic_low_approx"])
    assert_same(result.high, table["ic_high_approx"])
    assert (np.isnan(result.low) == (table["a"] == 0)).all()


def test_component_of_1998_is_that_of_pharmsignal(table):
    result = bcpnn_normal(*cells(table))
    for name in ("mean", "low", "high"):
        assert_near(getattr(result, name), table[f"bcpnn_{name}"], within=1e-9)


def test_component_of_2006_is_that_of_pvm(table):
    assert_same(bcpnn_dirichlet(*cells(table)), table["bcpnn2006_map"])


def test_component_of_1998_of_a_whole_database_is_that_of_phvid():
    table = phvid()
    result = bcpnn_normal(*cells(table))
    assert_near(result.low, table["bcpnn_ic025_log2"], within=1e-9)
    null = special.ndtr(-result.mean / result.sd)
    assert_near(null, table["bcpnn_postH0"], within=1e-9)


def test_example_of_noren_2006_is_as_printed():
    rng = np.random.default_rng(2006)
    result = bcpnn_dirichlet_interval(*NOREN_2006, rng=rng, n_draws=200_000)
    assert result.point[0] == pytest.approx(5.2478, abs=5e-5)
    # A limit of 200,000 draws is good to some 0.003.
    assert result.low[0] == pytest.approx(4.649, abs=0.01)
    assert result.high[0] == pytest.approx(5.731, abs=0.01)
    shrunk = information_component(25, expected(*NOREN_2006))
    assert shrunk.ic[0] == pytest.approx(5.2478, abs=5e-5)


def test_drawn_limits_come_from_the_state_of_the_generator_alone():
    tables = [1, 0, 25], [10, 50, 1101], [5, 20, 62], 5000
    first, again, other = (
        bcpnn_dirichlet_interval(*tables, rng=np.random.default_rng(seed), n_draws=500)
        for seed in (1, 1, 2)
    )
    assert (first.low == again.low).all()
    assert (first.high == again.high).all()
    assert (first.low != other.low).all()
    assert (first.low < first.point).all()
    assert (first.point < first.high).all()


def test_drawn_limits_of_many_tables_are_finite_also_without_reports():
    a = np.arange(300) % 3
    rng = np.random.default_rng(5)
    result = bcpnn_dirichlet_interval(a, 20, 20, 0, rng=rng, n_draws=5_000)
    assert np.isfinite([result.low, result.high]).all()


def test_limits_are_quantiles_of_the_gamma_distribution_of_the_ratio():
    result = information_component(7, 2.5)
    for limit, p in [(result.ic025, 0.025), (result.ic975, 0.975)]:
        assert stats.gamma.cdf(2**limit, 7.5, scale=1 / 3) == pytest.approx(p)


def test_as_many_as_expected_gives_zero():
    assert information_component(5, 5).ic[0] == 0
    assert information_component(0, 0).ic[0] == 0
    assert bcpnn_dirichlet(5, 5, 5, 5)[0] == pytest.approx(0, abs=1e-12)


def test_three_reports_flag_below_0345_and_never_above_the_ceiling():
    ic025 = information_component(3, [0.0, 0.344, 0.346]).ic025
    assert ic025[0] == pytest.approx(0.757, abs=5e-4)
    assert ic025[1] > 0 > ic025[2]
    assert information_component([1, 2], 0).ic025.max() < 0


def test_the_old_limit_is_another_number_than_the_shrunk_one():
    old = bcpnn_normal(3, 0, 1, 100_000)
    new = information_component(3, expected(3, 0, 1, 100_000))
    assert old.low[0] == pytest.approx(-0.36, abs=0.005)
    assert new.ic025[0] == pytest.approx(0.76, abs=0.005)
    assert not hasattr(old, "ic025")


def test_pair_that_nobody_reported_has_a_component_below_zero_and_finite():
    result = information_component(0, 3.0)
    assert result.ic[0] == pytest.approx(-np.log2(7))
    assert np.isfinite(result.ic025[0])
    assert result.ic975[0] < 0


def test_missing_expected_count_gives_nan():
    result = information_component([3, 3], [np.nan, 1])
    assert np.isnan(result.ic025).tolist() == [True, False]


def test_empty_margins_leave_the_older_components_defined():
    for table in [(0, 0, 0, 0), (0, 0, 5, 9), (3, 0, 1, 0)]:
        result = bcpnn_normal(*table)
        assert np.isfinite([result.low, result.mean, result.high]).all()
        assert np.isfinite(bcpnn_dirichlet(*table)).all()


def test_32_bit_counts_do_not_overflow_the_square_of_the_total():
    small = [
        np.array([n], dtype=np.int32) for n in (60_000, 40_000, 50_000, 19_850_000)
    ]
    wide = [n.astype(np.float64) for n in small]
    assert (bcpnn_normal(*small).low == bcpnn_normal(*wide).low).all()
    assert (bcpnn_dirichlet(*small) == bcpnn_dirichlet(*wide)).all()


def test_counts_of_any_shape_are_taken():
    result = information_component(np.array([[0, 1], [2, 300]]), 1.5)
    assert result.ic025.shape == (2, 2)
    assert result.ic975[1, 1] == information_component(300, 1.5).ic975[0]
    assert information_component([], []).ic.shape == (0,)
