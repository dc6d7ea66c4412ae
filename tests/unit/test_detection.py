"""Flags, scores and estimates beside what is known to be true."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pvsignal.stats import (
    bootstrap_interval,
    classification,
    delays,
    mean_interval,
    newly_flagged,
    observed_to_expected,
    poisson_upper,
    ratio_errors,
    roc_area,
    survival,
)

SCORES = st.one_of(
    st.integers(-3, 3).map(float), st.sampled_from([np.nan, np.inf, -np.inf])
)


def test_pairs_are_counted_by_truth_and_flag():
    found = classification([1, 1, 0, 0, 1, 0], [1, 1, 1, 0, 0, 0])
    assert (found.n_true, found.n_found, found.n_null, found.n_false) == (3, 2, 3, 1)
    assert found.sensitivity == pytest.approx(2 / 3)
    assert found.specificity == pytest.approx(2 / 3)


def test_without_true_or_null_pairs_a_share_of_them_is_unknown():
    assert np.isnan(classification([1, 0], [0, 0]).sensitivity)
    assert np.isnan(classification([1, 0], [1, 1]).specificity)
    assert np.isnan(roc_area([1.0, 2.0], [1, 1]))
    assert np.isnan(roc_area([], []))


def test_area_is_one_where_each_true_pair_scores_above_each_null_one():
    assert roc_area([3, 2, 1, 0], [1, 1, 0, 0]) == 1.0
    assert roc_area([3, 2, 1, 0], [0, 0, 1, 1]) == 0.0
    assert roc_area([1, 1, 1, 1], [1, 0, 1, 0]) == 0.5


def test_area_of_the_ratings_of_hanley_and_mcneil_is_the_printed_one():
    # Radiology 1982;143:29-36, table I: 58 normal and 51 abnormal images in five
    # classes; the area by the trapezoidal rule is 0.893.
    normal, abnormal = [33, 6, 6, 11, 2], [3, 2, 2, 11, 33]
    score = np.repeat(np.tile(np.arange(5), 2), normal + abnormal)
    is_true = np.repeat([False, True], [58, 51])
    assert roc_area(score, is_true) == pytest.approx(0.893, abs=5e-4)


@given(st.lists(st.tuples(SCORES, st.booleans()), max_size=12))
def test_area_is_the_share_of_couples_won_ties_by_half(pairs):
    score = [value for value, _ in pairs]
    is_true = [true for _, true in pairs]

    def won(true, null):
        if np.isnan(true) or np.isnan(null):
            return 0.5 if np.isnan(true) and np.isnan(null) else float(np.isnan(null))
        return 0.5 if true == null else float(true > null)

    couples = [
        won(x, y)
        for (x, is_x), (y, is_y) in itertools.product(pairs, repeat=2)
        if is_x and not is_y
    ]
    area = roc_area(score, is_true)
    if couples:
        assert area == pytest.approx(np.mean(couples))
    else:
        assert np.isnan(area)


def test_pair_without_score_ranks_below_every_score():
    assert roc_area([-np.inf, np.nan], [1, 0]) == 1.0
    assert roc_area([np.nan, np.nan], [1, 0]) == 0.5


def test_flag_that_comes_goes_and_comes_again_is_new_twice():
    flags = np.array([[0, 1, 0], [1, 1, 0], [0, 1, 0], [1, 0, 0]])
    assert newly_flagged(flags).tolist() == [
        [False, True, False],
        [True, False, False],
        [False, False, False],
        [True, False, False],
    ]


def test_delay_counts_from_the_onset_and_earlier_flags_do_not():
    flags = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [1, 0, 0, 1]])
    found = delays(flags, [8, 9, 11], onset=[9, 9, 8, 5])
    assert found.time.tolist() == [2, 0, 3, 6]
    assert found.is_found.tolist() == [True, True, False, True]


def test_pair_that_begins_after_the_last_look_is_refused():
    with pytest.raises(ValueError, match="after the last look"):
        delays(np.zeros((2, 1)), [1, 2], onset=[3])


def test_quantiles_of_delays_without_censoring_are_those_of_the_sample():
    time = [4, 1, 3, 2]
    found = np.ones(4)
    assert [survival(time, found).quantile(q) for q in (0.25, 0.5, 0.75, 1)] == [
        *(1, 2, 3, 4)
    ]


def test_product_limit_gives_the_medians_of_the_leukaemia_trial():
    # Freireich 1963, weeks of remission; the medians 23 and 8 are those printed by R,
    # survfit(Surv(time, cens) ~ treat) of MASS::gehan.
    treated = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32]
    treated += [34, 35]
    relapsed = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    control = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
    assert survival(treated, relapsed).quantile(0.5) == 23
    assert survival(control, np.ones(21)).quantile(0.5) == 8
    assert survival(treated, relapsed).quantile(0.75) == np.inf
    # The printed table of the same fit: 0.857 are left at 6 weeks, 0.448 at 23.
    assert survival(treated, relapsed).found_by(6) == pytest.approx(0.143, abs=5e-4)
    assert survival(treated, relapsed).found_by(40) == pytest.approx(0.552, abs=5e-4)


def test_nothing_to_find_has_no_delay_and_nothing_found_an_infinite_one():
    nothing, never = survival([], []), survival([3, 4], [0, 0])
    assert np.isnan([nothing.quantile(0.5), nothing.found_by(3)]).all()
    assert never.quantile(0.5) == np.inf
    assert never.found_by(9) == 0


def test_bias_is_the_weighted_mean_of_estimate_by_truth_zeros_included():
    found = ratio_errors(
        [4.0, 0.0, np.inf, np.nan, 9.0],
        [1.0, 0.0, 5.0, np.nan, 6.0],
        [8.0, 2.0, np.inf, np.nan, 12.0],
        truth=[2.0, 1.0, 4.0, 1.0, 3.0],
        weight=[1.0, 2.0, 9.0, 9.0, 1.0],
    )
    # Twice, nothing at all (two shares) and three times the truth.
    assert (found.factor, found.n) == (5 / 4, 3)
    # Held: 2 in 1 to 8, 1 in 0 to 2; not 4 in 5 to infinity nor 3 in 6 to 12.
    assert (found.n_intervals, found.coverage) == (4, 0.5)


def test_estimates_of_rare_pairs_are_without_bias_only_with_those_that_have_none():
    rng = np.random.default_rng(3)
    counts = rng.poisson(0.8, 20_000).astype(float)
    nothing = np.full(counts.size, np.nan)
    found = ratio_errors(counts / 0.4, nothing, nothing, truth=2.0)
    assert found.factor == pytest.approx(1.0, abs=0.03)
    above = counts > 0
    kept = ratio_errors(counts[above] / 0.4, nothing[above], nothing[above], truth=2.0)
    assert kept.factor > 1.7


def test_bias_without_estimates_is_unknown():
    found = ratio_errors([np.inf], [np.nan], [np.nan], truth=1.0)
    assert (found.n, found.n_intervals) == (0, 0)
    assert np.isnan(found.factor)
    assert np.isnan(found.coverage)


def test_interval_of_a_mean_is_that_of_student_and_is_cut_where_nothing_can_be():
    found = mean_interval([0.0, 0.5, np.nan, 1.0], least=0.0, most=1.0)
    # Standard deviation 0.5, t of two degrees of freedom 4.303: 0.5 +- 1.24.
    assert (found.value, found.low, found.high, found.n) == (0.5, 0.0, 1.0, 3)
    wide = mean_interval([1.0, 2.0, 3.0])
    assert wide.high - wide.value == pytest.approx(4.3027 / 3**0.5, abs=1e-4)


def test_archives_that_are_all_alike_have_no_interval():
    for found in (
        mean_interval([1.0, 1.0, np.nan, 1.0]),
        bootstrap_interval(lambda places: 1.0, 3, rng=np.random.default_rng(1)),
    ):
        assert (found.value, found.n) == (1.0, 3)
        assert np.isnan([found.low, found.high]).all()


def test_expected_count_of_all_reports_holds_those_of_the_drug():
    # Of 1,000 reports 400 name the drug; 6 % of them the event, 1 % of the others.
    observed, n_event = 24, 24 + 6
    expected = 400 * n_event / 1000
    assert observed_to_expected(6.0, 0.4) == pytest.approx(observed / expected)
    assert observed_to_expected(6.0, 0.0) == 6.0
    assert observed_to_expected(1.0, 0.4) == 1.0


def test_one_archive_has_no_interval():
    for found in (
        mean_interval([2.0]),
        bootstrap_interval(lambda places: 2.0, 1, rng=np.random.default_rng(1)),
    ):
        assert found.value == 2.0
        assert np.isnan([found.low, found.high]).all()
    assert np.isnan(mean_interval([]).value)


def test_interval_of_drawn_archives_is_near_that_of_student_where_both_hold():
    values = np.random.default_rng(5).normal(10.0, 2.0, 60)
    drawn = bootstrap_interval(
        lambda places: float(values[places].mean()),
        60,
        rng=np.random.default_rng(6),
        n_draws=4_000,
    )
    exact = mean_interval(values)
    assert drawn.value == pytest.approx(exact.value)
    assert drawn.low == pytest.approx(exact.low, abs=0.1)
    assert drawn.high == pytest.approx(exact.high, abs=0.1)


def test_interval_of_a_delay_that_is_mostly_never_reached_ends_at_infinity():
    times = np.array([1.0, np.inf, np.inf, np.inf])
    found = bootstrap_interval(
        lambda places: float(np.sort(times[places])[1]),
        4,
        rng=np.random.default_rng(1),
    )
    assert found.value == np.inf
    assert found.high == np.inf
    assert not np.isnan(found.low)


def test_none_seen_leaves_a_rate_of_three_over_what_was_looked_at():
    assert poisson_upper(0, 1.0) == pytest.approx(-np.log(0.05))
    # Garwood 1936: 4.744 for one event.
    assert poisson_upper(1, 10.0) == pytest.approx(0.4744, abs=1e-4)
