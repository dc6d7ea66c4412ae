"""What holds of the statistics for every table, up to margins of a thousand million."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pvsignal.stats import (
    bcpnn_dirichlet,
    bcpnn_normal,
    chi2,
    chi2_p,
    chi2_yates,
    conditional_odds_ratio,
    detectable_reports,
    disproportionality,
    expected,
    fisher,
    information_component,
    mantel_haenszel_prr,
    mantel_haenszel_ror,
    poisson_p_greater,
    prr,
    relative_reporting_ratio,
    ror,
    yules_q,
)

# Two cells of a margin add to 1e9 at most.
count = st.integers(0, 5 * 10**8)
positive = st.integers(1, 5 * 10**8)
few = st.integers(0, 2_000)
some = st.integers(1, 2_000)
mean = st.floats(0, 1e9)


@given(count, count, count, count)
def test_nothing_overflows_and_nan_is_only_where_a_margin_is_empty(a, b, c, d):
    row = disproportionality(a, b, c, d).iloc[0]
    if min(a + b, c + d, a + c, b + d) > 0:
        assert not row.isna().any()
        lower = ["expected", "prr_low", "ror_low", "chi2", "ic", "ic025", "ic975"]
        assert np.isfinite(row[lower].astype(float)).all()
        old = bcpnn_normal(a, b, c, d)
        assert np.isfinite([old.low, old.mean, old.high]).all()
        assert np.isfinite(bcpnn_dirichlet(a, b, c, d)).all()
        assert -1 <= yules_q(a, b, c, d)[0] <= 1


@given(count, count, count, count)
def test_fishers_test_gives_probabilities_at_any_size(a, b, c, d):
    test = fisher(a, b, c, d)
    assert 0 <= test.p_mid[0] <= test.p_greater[0] <= 1
    assert 0 <= test.p_two_sided[0] <= 1
    result = conditional_odds_ratio(a, b, c, d)
    if min(a + b, c + d, a + c, b + d) > 0:
        assert result.low[0] <= result.point[0] <= result.high[0]
        # P(A = a) belongs to both.
        assert test.p_two_sided[0] >= 2 * (test.p_greater[0] - test.p_mid[0]) * 0.999


@given(some, some, some, some)
def test_estimates_lie_inside_their_limits(a, b, c, d):
    row = disproportionality(a, b, c, d).iloc[0]
    assert row["ic025"] < row["ic"] < row["ic975"]
    for name in ("prr", "ror"):
        assert row[f"{name}_low"] < row[name] * (1 + 1e-12)
        assert row[name] < row[f"{name}_high"] * (1 + 1e-12)
    exact = conditional_odds_ratio(a, b, c, d)
    assert exact.low[0] < exact.point[0] < exact.high[0]


@given(some, some, st.integers(1, 1_000), st.integers(1, 1_000))
def test_independence_gives_one_and_zero_on_a_log_scale(drug, event, times, again):
    table = drug * event, drug * again, times * event, times * again
    for ratio in (prr, ror):
        assert ratio(*table).point[0] == pytest.approx(1)
    assert relative_reporting_ratio(*table)[0] == pytest.approx(1)
    assert information_component(table[0], expected(*table)).ic[0] == (
        pytest.approx(0, abs=1e-9)
    )
    assert conditional_odds_ratio(*table).point[0] == pytest.approx(1, rel=1e-6)
    assert chi2(*table)[0] == pytest.approx(0, abs=1e-9)
    assert yules_q(*table)[0] == pytest.approx(0, abs=1e-9)
    assert fisher(*table).p_two_sided[0] == pytest.approx(1)


@given(few, few, few, few)
def test_swapping_rows_or_columns_inverts_the_odds(a, b, c, d):
    for this, other in [
        (statistic(a, b, c, d), statistic(*swapped))
        for statistic in (ror, conditional_odds_ratio)
        for swapped in ((b, a, d, c), (c, d, a, b))
    ]:
        with np.errstate(divide="ignore"):
            np.testing.assert_allclose(this.point, 1 / other.point, rtol=1e-9)
            np.testing.assert_allclose(this.low, 1 / other.high, rtol=1e-9)
    for swapped in ((b, a, d, c), (c, d, a, b)):
        np.testing.assert_allclose(yules_q(*swapped), -yules_q(a, b, c, d))


@given(few, few, few, few)
def test_the_two_tails_of_fishers_test_share_the_table_itself(a, b, c, d):
    up, down = fisher(a, b, c, d), fisher(b, a, d, c)
    assert up.p_mid[0] + down.p_mid[0] == pytest.approx(1)
    assert up.p_two_sided[0] == pytest.approx(down.p_two_sided[0])


@given(few, few, few, few)
def test_swapping_drug_and_event_leaves_what_looks_at_both_alike(a, b, c, d):
    for statistic in (chi2, chi2_yates, relative_reporting_ratio, bcpnn_dirichlet):
        np.testing.assert_allclose(
            statistic(a, b, c, d), statistic(a, c, b, d), rtol=1e-9, atol=1e-12
        )
    np.testing.assert_allclose(
        fisher(a, b, c, d).p_greater, fisher(a, c, b, d).p_greater
    )


@given(some, some, some, some, st.integers(2, 50))
def test_limits_narrow_as_all_cells_grow(a, b, c, d, times):
    small = disproportionality(a, b, c, d).iloc[0]
    large = disproportionality(*(times * cell for cell in (a, b, c, d))).iloc[0]
    assert large["ic975"] - large["ic025"] < small["ic975"] - small["ic025"]
    assert large["ror_high"] / large["ror_low"] < small["ror_high"] / small["ror_low"]
    assert large["chi2"] == pytest.approx(times * small["chi2"], abs=1e-9)


@given(count, mean, st.integers(1, 1000))
def test_component_rises_with_reports_at_a_fixed_expected_count(a, e, more):
    fewer, result = information_component(a, e), information_component(a + more, e)
    for name in ("ic", "ic025", "ic975"):
        assert getattr(result, name)[0] > getattr(fewer, name)[0]


@given(count, mean, st.floats(0.01, 1000))
def test_component_falls_as_more_reports_are_expected(a, e, more):
    fewer, result = information_component(a, e), information_component(a, e + more)
    for name in ("ic", "ic025", "ic975"):
        assert getattr(result, name)[0] <= getattr(fewer, name)[0]


@given(mean)
def test_reports_that_can_be_detected_flag_and_one_fewer_does_not(e):
    reports = detectable_reports(e)[0]
    assert information_component(reports, e).ic025[0] > -1e-12
    if reports > 3:
        assert information_component(reports - 1, e).ic025[0] < 1e-12


@given(few, st.floats(0, 1e4), st.integers(1, 100))
def test_tail_of_poisson_falls_with_reports(a, e, more):
    p, smaller = poisson_p_greater([a, a + more], e)
    assert 0 <= smaller <= p <= 1


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_probability_of_chi2_falls_with_chi2(one, other):
    low, high = sorted((one, other))
    assert 0 <= chi2_p(high)[0] <= chi2_p(low)[0] <= 1


@given(st.lists(st.tuples(few, few, few, few), min_size=1, max_size=8))
def test_tables_do_not_look_at_each_other(tables):
    together = disproportionality(*np.array(tables).T)
    for i, table in enumerate(tables):
        alone = disproportionality(*table)
        np.testing.assert_array_equal(
            alone.iloc[0].astype(float), together.iloc[i].astype(float)
        )


@given(st.lists(st.tuples(*[st.integers(0, 40)] * 4), min_size=2, max_size=30))
def test_a_pair_does_not_depend_on_those_beside_it(
    tables: list[tuple[int, int, int, int]],
) -> None:
    together = ror(*np.array(tables).T)
    for place, table in enumerate(tables):
        alone = ror(*np.array([table]).T)
        assert repr(alone.low[0]) == repr(together.low[place])
        assert repr(alone.high[0]) == repr(together.high[place])


@given(
    st.lists(
        st.lists(st.tuples(*[st.integers(0, 9)] * 4), min_size=3, max_size=3),
        min_size=2,
        max_size=12,
    )
)
def test_a_stratified_pair_does_not_depend_on_those_beside_it(
    tables: list[list[tuple[int, int, int, int]]],
) -> None:
    cells = np.moveaxis(np.array(tables), 2, 0)
    for estimate in (mantel_haenszel_ror, mantel_haenszel_prr):
        together = estimate(*cells)
        for place in range(len(tables)):
            alone = estimate(*cells[:, place : place + 1])
            assert repr(alone.low[0]) == repr(together.low[place])
            assert repr(alone.high[0]) == repr(together.high[place])
