"""Rising, MaxSPRT and the year-stratified IC in situations that could mislead."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from scipy.stats import binom

from pvsignal.analysis import Surveillance
from pvsignal.stats import information_component
from tests.over_time import ANY_E, FIRST, REFERENCE, E, Stay, rows, scored

PLAN = Surveillance()
X = frozenset({"x"})
BOTH = frozenset({E, ANY_E})
TWELVE = range(FIRST, FIRST + 12)


def background(quarters: Sequence[int], *, n: int = 20) -> list[Stay]:
    """Reports of other drugs, one of each quarter with the event."""
    return [
        Stay(
            100_000 + 1_000 * (quarter - FIRST) + k,
            quarter,
            events=BOTH if k == 0 else frozenset(),
        )
        for quarter in quarters
        for k in range(n)
    ]


def surveyed(stays: Sequence[Stay], columns: str) -> tuple[object, ...]:
    """Columns of the test of x and e after twelve quarters."""
    sql = f"select {columns} from signals.surveillance where drug = 'x' and event = 'e'"
    with scored([*stays, *background(TWELVE)], TWELVE, plan=PLAN) as con:
        return rows(con, sql)[0]


def cases(
    quarter: int, n: int, *, end: int | None = None, first: int = 0
) -> list[Stay]:
    return [
        Stay(first + 100 * (quarter - FIRST) + k, quarter, end, drugs=X, events=BOTH)
        for k in range(n)
    ]


# --- MaxSPRT


def test_case_withdrawn_after_it_entered_stays_in_the_test_and_is_told() -> None:
    still = cases(FIRST, 3)
    gone = cases(FIRST + 1, 2, end=FIRST + 4)
    columns = "cases, n_retracted"
    assert surveyed(still + gone, columns) == (5, 2)
    assert surveyed(still + cases(FIRST + 1, 2), columns) == (5, 0)
    with scored([*still, *gone], TWELVE, plan=PLAN) as con:
        counted = rows(
            con,
            "select a from signals.year_stratified where drug = 'x' and event = 'e' "
            f"and quarter_no = {TWELVE[-1]}",
        )
    assert counted == [(3,)]


def test_flag_that_was_raised_is_not_taken_back_when_its_cases_are() -> None:
    gone = cases(FIRST, 6, end=FIRST + 2)
    stays = [*gone, *(Stay(90_000 + k, FIRST) for k in range(200))]
    columns = "first_flag, sdr_maxsprt, n_retracted"
    assert surveyed(stays, columns) == ("2015q1", True, 6)


def test_follow_up_that_adds_the_event_enters_no_look_and_counts_in_the_contrast() -> (
    None
):
    # Six reports without the event at first; the event comes eight quarters later.
    late = [
        stay
        for k in range(6)
        for stay in (
            Stay(k, FIRST + 3, FIRST + 10, version=1, drugs=X),
            Stay(k, FIRST + 10, version=2, drugs=X, events=BOTH),
        )
    ]
    known = cases(FIRST, 1, first=50)
    assert surveyed([*late, *known], "cases, n_retracted") == (1, 0)
    with scored([*late, *known, *background(TWELVE)], TWELVE, plan=PLAN) as con:
        recent = rows(
            con,
            "select quarter_no, a_recent, a_before from signals.contrast "
            "where comparator = 'A' and drug = 'x' and event = 'e'",
        )
    # The cases entered in the fourth quarter: recent as of the eleventh, then no more.
    assert recent == [(FIRST + 10, 6, 1)]


def test_follow_up_that_drops_the_event_is_a_case_retracted() -> None:
    revised = [
        stay
        for k in range(4)
        for stay in (
            Stay(k, FIRST, FIRST + 5, version=1, drugs=X, events=BOTH),
            Stay(k, FIRST + 5, version=2, drugs=X),
        )
    ]
    assert surveyed(revised, "cases, n_retracted") == (4, 4)


def test_suspected_duplicate_enters_where_it_first_counts() -> None:
    # A duplicate of a smaller case that is withdrawn later: it counts from then on, and
    # is a case of that quarter. One that becomes a duplicate leaves as a retracted one.
    survivor = Stay(1, FIRST + 6, version=1, drugs=X, events=BOTH)
    covered = Stay(2, FIRST, FIRST + 3, drugs=X, events=BOTH)
    stays = [survivor, covered, *cases(FIRST, 2, first=50)]
    assert surveyed(stays, "cases, n_retracted") == (4, 1)
    with scored([*stays, *background(TWELVE)], TWELVE, plan=PLAN) as con:
        by_look = rows(
            con,
            "select quarter_no, cases from signals.surveillance_look "
            "where drug = 'x' and event = 'e' order by quarter_no",
        )
    assert by_look[5:7] == [(FIRST + 5, 3), (FIRST + 6, 4)]


def test_litigated_reports_are_no_cases_and_no_background() -> None:
    litigated = frozenset({"z"})
    stays = [
        *cases(FIRST, 3),
        *(
            Stay(500 + k, FIRST, drugs=X, events=BOTH, litigated=litigated)
            for k in range(5)
        ),
    ]
    expected = 3 * 4 / 23
    assert surveyed(stays, "cases, round(expected, 9)") == (3, round(expected, 9))


def test_the_test_ends_with_its_plan() -> None:
    plan = Surveillance(looks=4)
    stays = [*cases(FIRST + 1, 1), *cases(FIRST + 8, 9), *background(TWELVE)]
    with scored(stays, TWELVE, plan=plan) as con:
        found = rows(
            con,
            "select quarter, looks_used, plan_ended, cases, sdr_maxsprt "
            "from signals.surveillance where event = 'e'",
        )
        looks = rows(con, "select count(*) from signals.surveillance_look")
    # The quarter after the last look has nine cases that nobody looks at.
    assert found == [("2016q1", 4, True, 1, False)]
    assert looks == [(8,)]


# --- Rising


N_DRUGS = 40


def forty_quarters(*, n_doubling: int, seed: int) -> list[Stay]:
    """Drugs with twice the odds of the event; four times, for the first few, of late."""
    rng = np.random.default_rng(seed)
    odds = 0.08
    stays = []
    for place in range(40):
        reported = [("", 400, odds)]
        for k in range(N_DRUGS):
            times = 4 if place >= 32 and k < n_doubling else 2
            reported.append((f"d{k}", 15, times * odds))
        for drug, n, own_odds in reported:
            for has_event in rng.random(n) < own_odds / (1 + own_odds):
                stays.append(
                    Stay(
                        len(stays),
                        FIRST + place,
                        drugs=frozenset({drug} - {""}),
                        events=frozenset({E} if has_event else ()),
                    )
                )
    return stays


def rising(stays: Sequence[Stay]) -> set[str]:
    """Drugs that are rising in A as of the last of forty quarters."""
    quarters = range(FIRST, FIRST + 40)
    with scored(stays, quarters, plan=PLAN) as con:
        found = rows(
            con,
            "select drug from signals.contrast where comparator = 'A' "
            f"and event = 'e' and is_rising and quarter_no = {quarters[-1]}",
        )
    return {str(drug) for (drug,) in found}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_constant_ratio_over_forty_quarters_is_not_rising(seed: int) -> None:
    # Each drug is called rising with a probability of at most 0.05, so eight or more
    # of forty with one of 0.0007.
    assert binom.sf(7, N_DRUGS, 0.05) < 0.001
    assert len(rising(forty_quarters(n_doubling=0, seed=seed))) <= 7


def test_background_that_changed_before_the_drug_came_does_not_make_it_rise() -> None:
    # Half of all reports had the event until the drug came, one in twenty since; of
    # the drug's own reports one in ten at any time.
    quarters = range(FIRST, FIRST + 40)
    parts = []
    for quarter in quarters:
        is_before = quarter < FIRST + 20
        parts.append((quarter, frozenset(), 20 if is_before else 2, 40))
        if not is_before:
            parts.append((quarter, X, 1, 10))
    stays = [
        Stay(
            1000 * place + k,
            quarter,
            is_ms=True,
            drugs=drugs | {REFERENCE},
            events=frozenset({E} if k < n_event else ()),
        )
        for place, (quarter, drugs, n_event, n) in enumerate(parts)
        for k in range(n)
    ]
    with scored(stays, quarters, plan=PLAN) as con:
        found = rows(
            con,
            "select comparator, a_before, b_before, c_before, d_before, ratio, "
            "is_rising from signals.contrast where drug = 'x' and event = 'e' "
            f"and quarter_no = {quarters[-1]} and comparator in ('A', 'B') order by 1",
        )
        crude = rows(
            con,
            "select a * (n - n_drug - n_event + a) / ((n_drug - a) * (n_event - a)) "
            "from counts.cell where comparator = 'A' and drug = 'x' and event = 'e' "
            f"and quarter_no = {quarters[-1]}",
        )
    for row, comparator in zip(found, "AB", strict=True):
        assert row[:5] == (comparator, 12, 108, 24, 456)
        assert row[5] == pytest.approx(1)
        assert row[6] is False
    # Against the whole past the drug has less of the event than others have.
    assert crude[0][0] < 0.5


def test_a_drug_younger_than_the_window_has_nothing_before() -> None:
    young = [*cases(FIRST + 6, 4), *cases(FIRST + 9, 4), *background(TWELVE)]
    with scored(young, TWELVE, plan=PLAN) as con:
        found = rows(
            con,
            "select quarter_no, a_recent, a_before, b_before, c_before, d_before, "
            "ratio, is_rising from signals.contrast "
            "where comparator = 'A' and event = 'e' order by quarter_no",
        )
    assert [row[0] for row in found] == [*range(FIRST + 8, FIRST + 12)]
    assert {row[2:] for row in found} == {(0, 0, 0, 0, None, False)}


def test_odds_that_double_in_the_last_eight_quarters_are_rising() -> None:
    found = rising(forty_quarters(n_doubling=10, seed=4))
    doubled = {f"d{k}" for k in range(10)}
    assert len(found & doubled) >= 7
    assert len(found - doubled) <= 6


def test_lower_limit_of_a_constant_ratio_grows_with_the_reports() -> None:
    # Twice as many cases as expected at any time: the limit rises, nothing else does.
    n = np.array([4, 8, 16, 32, 64])
    limits = information_component(2 * n, n).ic025
    assert (np.diff(limits) > 0).all()
    assert limits[0] < 0 < limits[-1]


# --- By year of receipt


def test_event_and_drug_of_other_years_are_not_expected_together() -> None:
    # The event was reported in 2010, the drug in 2015: crude 40 * 40 / 800 are expected.
    years = [
        *(Stay(k, FIRST, year=2010, events=BOTH) for k in range(40)),
        *(Stay(100 + k, FIRST, year=2010) for k in range(360)),
        *(Stay(1_000 + k, FIRST, year=2015, drugs=X) for k in range(40)),
        *(Stay(2_000 + k, FIRST, year=2015) for k in range(360)),
    ]
    with scored(years, [FIRST], plan=PLAN) as con:
        found = rows(
            con,
            "select s.expected_year, c.n_drug * c.n_event / c.n "
            "from signals.year_stratified as s inner join counts.cell as c "
            "using (drug, event_level, event, quarter_no) "
            "where c.comparator = 'A' and event = 'e'",
        )
    assert found == [(0.0, 2.0)]
