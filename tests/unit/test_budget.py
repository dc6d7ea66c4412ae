"""Pairs that emerge by chance: dealing, crossing and the expected number."""

from collections import Counter
from dataclasses import fields, replace
from itertools import islice, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pvsignal.analysis import Emerging, Evaluable, Thresholds
from pvsignal.signals import rules
from pvsignal.signals.budget import (
    Board,
    Demands,
    Margins,
    Reports,
    as_reported,
    deal,
    deck_of,
    error_budget,
    permutations_of,
)
from pvsignal.signals.classes import MIN_MEMBERS
from pvsignal.stats import information_component, twobytwo

ALWAYS = Evaluable(bc_min_expected=0, bc_min_reference_cases=0)
LIMITS = Thresholds()
DEMANDS = Demands(LIMITS, ALWAYS, Emerging())
# A pair crosses often, so that some thousand permutations tell its probability.
EASY = Demands(Thresholds(ror_low_min=0.75), ALWAYS, Emerging())
FEWEST_EXPOSED = Emerging().min_drug_reports


def _reports(
    stratum: list[int],
    *,
    drugs: list[set[int]],
    events: list[set[int]],
    n_in_stratum: list[int] | None = None,
    n_drugs: int = 1,
    entered: list[int] | None = None,
    is_ms: list[bool] | None = None,
    is_professional: list[bool] | None = None,
    compared: list[dict[int, int]] | None = None,
) -> Reports:
    """Reports one by one: their drugs, events, and C of which drug they are in."""
    n = len(stratum)
    exposed = np.zeros((n, n_drugs), dtype=bool)
    in_c = np.zeros((n, n_drugs), dtype=np.int8)
    for report in range(n):
        exposed[report, list(drugs[report])] = True
        for drug, code in (compared[report] if compared else {}).items():
            in_c[report, drug] = code
    rows = [(report, event) for report in range(n) for event in sorted(events[report])]
    return Reports(
        stratum=np.array(stratum, dtype=np.int64),
        entered=np.array(entered or [0] * n, dtype=np.int64),
        is_ms=np.array(is_ms or [False] * n, dtype=bool),
        is_professional=np.array(is_professional or [True] * n, dtype=bool),
        exposed=exposed,
        compared=in_c,
        event_report=np.array([report for report, _ in rows], dtype=np.int64),
        event=np.array([event for _, event in rows], dtype=np.int64),
        n_in_stratum=(
            np.array(n_in_stratum) if n_in_stratum else np.bincount(np.array(stratum))
        ),
    )


# --- dealing -----------------------------------------------------------------------


@st.composite
def _drawn_reports(draw: st.DrawFn) -> Reports:
    n = draw(st.integers(1, 40))
    n_strata = draw(st.integers(1, 4))
    stratum = draw(st.lists(st.integers(0, n_strata - 1), min_size=n, max_size=n))
    drugs = draw(st.lists(st.sets(st.integers(0, 2)), min_size=n, max_size=n))
    events = draw(st.lists(st.sets(st.integers(0, 3)), min_size=n, max_size=n))
    is_ms = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    listed = np.bincount(stratum, minlength=n_strata)
    more = draw(st.lists(st.integers(0, 60), min_size=n_strata, max_size=n_strata))
    return _reports(
        stratum,
        drugs=drugs,
        events=events,
        n_drugs=3,
        is_ms=is_ms,
        n_in_stratum=list(listed + np.array(more)),
    )


@given(_drawn_reports(), st.integers(0, 1000))
def test_events_stay_in_their_stratum_and_no_report_gets_those_of_two(
    reports: Reports, seed: int
) -> None:
    source, holder = deal(deck_of(reports), np.random.default_rng(seed))
    assert (reports.stratum[source] == reports.stratum[holder]).all()
    assert len(np.unique(source)) == len(source)
    assert len(np.unique(holder)) == len(holder)
    assert set(source) <= set(reports.event_report)


@given(_drawn_reports(), st.integers(0, 1000))
def test_every_margin_of_a_stratum_is_kept_where_all_of_its_reports_are_listed(
    reports: Reports, seed: int
) -> None:
    reports = replace(
        reports,
        is_ms=np.ones(len(reports.stratum), dtype=bool),
        n_in_stratum=np.bincount(reports.stratum),
    )
    board = Board(reports, _margins(3, 4, 1), DEMANDS)

    def margins(source: np.ndarray, holder: np.ndarray) -> Counter[tuple[int, int]]:
        dealt = board.cases(source, holder)
        return Counter(zip(reports.stratum[dealt.report], dealt.event, strict=True))

    dealt = deal(deck_of(reports), np.random.default_rng(seed))
    assert margins(*dealt) == margins(*as_reported(reports))


@pytest.mark.parametrize("n_others", [0, 1, 6])
def test_every_permutation_of_a_stratum_is_equally_likely(n_others: int) -> None:
    # Reports 0 and 1 have events, 1 and 2 the drug; the others have neither.
    reports = _reports(
        [0, 0, 0],
        drugs=[set(), {0}, {0}],
        events=[{0}, {1}, set()],
        n_in_stratum=[3 + n_others],
    )
    n = 3 + n_others
    expected: Counter[frozenset[tuple[int, int]]] = Counter()
    # The report at place p gets the events of the report at place s.
    for places in permutations(range(n), 2):
        dealt = {(s, places[s]) for s in (0, 1) if places[s] in (1, 2)}
        expected[frozenset(dealt)] += 1
    found: Counter[frozenset[tuple[int, int]]] = Counter()
    n_draws = 4_000
    for source, holder in islice(permutations_of(reports, 5), n_draws):
        found[frozenset(zip(source.tolist(), holder.tolist(), strict=True))] += 1
    assert set(found) <= set(expected)
    total = sum(expected.values())
    outcomes = list(expected)
    test = stats.chisquare(
        [found[x] for x in outcomes], [expected[x] * n_draws / total for x in outcomes]
    )
    assert test.pvalue > 0.001


@given(_drawn_reports(), st.integers(0, 1000))
def test_reports_of_a_known_pair_keep_their_events_and_the_others_are_dealt(
    reports: Reports, seed: int
) -> None:
    known = np.zeros((3, 4), dtype=bool)
    known[1, 2] = True
    held = reports.with_pair(known)
    wanted = [
        report
        for report, event in zip(reports.event_report, reports.event, strict=True)
        if event == 2 and reports.exposed[report, 1]
    ]
    assert np.flatnonzero(held).tolist() == wanted
    source, holder = deal(deck_of(reports, held), np.random.default_rng(seed))
    assert (held[source] == held[holder]).all()
    assert (source[held[source]] == holder[held[source]]).all()
    assert held[source].sum() == held.sum()
    assert (reports.stratum[source] == reports.stratum[holder]).all()
    assert len(np.unique(source)) == len(np.unique(holder)) == len(source)


def test_the_mean_of_a_is_the_count_expected_in_strata() -> None:
    rng = np.random.default_rng(3)
    n = 3_000
    stratum = rng.integers(0, 6, n)
    # The share of drug and event differs by stratum: crude expectation would be off.
    has_drug = rng.random(n) < 0.05 + 0.1 * stratum
    has_event = rng.random(n) < 0.02 + 0.06 * stratum
    listed = has_drug | has_event
    reports = _reports(
        stratum[listed].tolist(),
        drugs=[{0} if x else set() for x in has_drug[listed]],
        events=[{0} if x else set() for x in has_event[listed]],
        n_in_stratum=np.bincount(stratum).tolist(),
    )
    expected = variance = 0.0
    for s in range(6):
        here = stratum == s
        law = stats.hypergeom(here.sum(), has_event[here].sum(), has_drug[here].sum())
        expected += law.mean()
        variance += law.var()
    margins = _margins(1, 1, 1)
    found = error_budget(reports, margins, demands=DEMANDS, permutations=400, seed=1)
    crude = has_drug.sum() * has_event.sum() / n
    error = np.sqrt(variance / 400)
    assert abs(found.mean_a[0, 0] - expected) < 4 * error
    assert abs(crude - expected) > 20 * error


# --- crossing ----------------------------------------------------------------------


def _margins(
    n_drugs: int, n_events: int, n_quarters: int, *, n_sets: int = 1
) -> Margins:
    """Margins under which a few reports cross."""
    ones = np.ones((n_sets, n_drugs, n_quarters), dtype=np.int64)
    return Margins(
        expected=np.full((n_drugs, n_events, n_quarters), 0.2),
        set_of=np.arange(n_events) % n_sets,
        n_drug_a=500 * ones,
        n_drug_b=200 * ones,
        n_drug_c=200 * ones,
        n_b=20_000 * ones[:, 0],
        n_c=20_000 * ones,
        members=np.zeros((n_drugs, n_drugs), dtype=bool),
    )


@st.composite
def _drawn_evidence(draw: st.DrawFn) -> tuple[Reports, Margins]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, n_drugs, n_events, n_quarters = 60, 4, 3, 5
    drugs = [set(np.flatnonzero(rng.random(3) < 0.4).tolist()) for _ in range(n)]
    for one in drugs:
        # Drug 3 is the class of drugs 0 and 1.
        if one & {0, 1}:
            one.add(3)
    compared = [
        {
            drug: 2 if drug in one else 1
            for drug in range(4)
            if rng.random() < (0.8 if drug in one else 0.2)
        }
        for one in drugs
    ]
    reports = _reports(
        rng.integers(0, 3, n).tolist(),
        drugs=drugs,
        events=[set(np.flatnonzero(rng.random(3) < 0.3).tolist()) for _ in range(n)],
        n_drugs=n_drugs,
        entered=rng.integers(0, n_quarters, n).tolist(),
        is_ms=(rng.random(n) < 0.5).tolist(),
        is_professional=(rng.random(n) < 0.3).tolist(),
        compared=compared,
    )
    margins = _margins(n_drugs, n_events, n_quarters, n_sets=2)
    members = margins.members.copy()
    members[3, [0, 1]] = True
    grow = np.arange(1, n_quarters + 1)

    def by_quarter(low: int, high: int, *shape: int) -> np.ndarray:
        return rng.integers(low, high, (*shape, 1)) * grow

    return reports, replace(
        margins,
        expected=rng.uniform(0.05, 1.5, (n_drugs, n_events, 1)) * grow,
        n_drug_a=by_quarter(60, 140, 2, n_drugs),
        n_drug_b=by_quarter(60, 140, 2, n_drugs),
        n_drug_c=by_quarter(60, 140, 2, n_drugs),
        n_b=by_quarter(300, 3000, 2),
        n_c=by_quarter(300, 3000, 2, n_drugs),
        members=members,
    )


def _slow_crossings(
    reports: Reports, margins: Margins, dealt: dict[int, int]
) -> dict[tuple[int, int], tuple[list[bool], list[bool], list[bool]]]:
    """Crosses, new case and low limit of each pair that crosses, quarter by quarter."""
    n_drugs, n_events, n_quarters = margins.expected.shape
    events: dict[int, set[int]] = {}
    for report, event in zip(reports.event_report, reports.event, strict=True):
        if report in dealt:
            events.setdefault(dealt[report], set()).add(event)
    found = {}
    for drug in range(n_drugs):
        for event in range(n_events):
            which = margins.set_of[event]
            columns: list[tuple[bool, bool, bool]] = []
            for q in range(n_quarters):
                known = [
                    r
                    for r, e in events.items()
                    if event in e and reports.entered[r] <= q
                ]
                own = [r for r in known if reports.exposed[r, drug]]
                ic = information_component(len(own), margins.expected[drug, event, q])
                by_a = bool(rules.sdr_ic(ic.ic025, limits=LIMITS)[0])
                n_drug_a = margins.n_drug_a[which, drug, q]
                members = [
                    sum(bool(reports.exposed[r, m]) for r in known)
                    for m in np.flatnonzero(margins.members[drug])
                ]
                in_b = [r for r in known if reports.is_ms[r]]
                in_c = [r for r in known if reports.compared[r, drug] > 0]
                flagged = False
                for inside, exposed, n_drug, n in (
                    (
                        in_b,
                        [r for r in in_b if reports.exposed[r, drug]],
                        margins.n_drug_b[which, drug, q],
                        margins.n_b[which, q],
                    ),
                    (
                        in_c,
                        [r for r in in_c if reports.compared[r, drug] == 2],
                        margins.n_drug_c[which, drug, q],
                        margins.n_c[which, drug, q],
                    ),
                ):
                    a, n_event = len(exposed), len(inside)
                    low = twobytwo.ror(
                        a, n_drug - a, n_event - a, n - n_drug - n_event + a
                    ).low
                    count = np.array([a])
                    flagged |= bool(rules.sdr_ror(count, low, limits=LIMITS)[0])
                crosses = (
                    by_a
                    and flagged
                    and len(own) >= LIMITS.min_reports
                    and n_drug_a >= FEWEST_EXPOSED
                    and any(reports.is_professional[r] for r in own)
                    and (
                        not members
                        or sum(m >= LIMITS.min_reports for m in members) >= MIN_MEMBERS
                    )
                )
                is_new = any(reports.entered[r] == q for r in own)
                columns.append((crosses, is_new, not by_a))
            if any(crosses for crosses, _, _ in columns):
                crosses, new, low_limit = (list(x) for x in zip(*columns, strict=True))
                found[drug, event] = (crosses, new, low_limit)
    return found


@settings(max_examples=25, deadline=None)
@given(_drawn_evidence(), st.integers(0, 3))
def test_crossings_equal_those_counted_pair_by_pair(
    drawn: tuple[Reports, Margins], seed: int
) -> None:
    reports, margins = drawn
    board = Board(reports, margins, DEMANDS)
    for source, holder in (
        as_reported(reports),
        deal(deck_of(reports), np.random.default_rng(seed)),
    ):
        cases = board.cases(source, holder)
        found = board.crossings(cases, board.counts(cases))
        dealt = dict(zip(source.tolist(), holder.tolist(), strict=True))
        wanted = _slow_crossings(reports, margins, dealt)
        assert [divmod(int(pair), board.n_events) for pair in found.pair] == list(
            wanted
        )
        for row, (crosses, new, low) in enumerate(wanted.values()):
            assert found.crosses[row].tolist() == crosses
            assert found.has_new_case[row].tolist() == new
            assert found.is_low[row].tolist() == low


def test_the_part_of_a_is_that_of_the_information_component_to_the_last_digit() -> None:
    # Expected counts at which the limit is 0 to within rounding, for each count.
    a = np.arange(3, 400)
    edge = 2 ** information_component(a, 0.5).ic025 - 0.5
    for expected in (edge, np.nextafter(edge, 0), np.nextafter(edge, np.inf)):
        n = len(a)
        reports = _reports([0], drugs=[set(range(n))], events=[{0}], n_drugs=n)
        margins = replace(
            _margins(n, 1, 1), expected=expected[:, np.newaxis, np.newaxis]
        )
        board = Board(reports, margins, DEMANDS)
        limit = information_component(a, expected).ic025
        table = information_component(np.arange(a.max() + 1), 0.5).ic025
        assert (table[a] - board._log_rate[:, 0] == limit).all()


# --- the budget --------------------------------------------------------------------


def _two_quarters() -> tuple[Reports, Margins, float]:
    """One pair in two quarters, and the exact probability that it emerges by chance.

    240 of 600 reports of a stratum are exposed, half of them came in the second
    quarter; 30 reports have the event. The others are the reference of C. The pair
    emerges if it crosses in both quarters and the second brings a case.
    """
    first, second, n_reference, n_event = 120, 120, 360, 30
    n = first + second + n_reference
    entered = [0] * first + [1] * second + [0] * n_reference
    is_exposed = [True] * (first + second) + [False] * n_reference
    reports = _reports(
        [0] * n,
        drugs=[{0} if x else set() for x in is_exposed],
        events=[{0} if i % 20 == 0 else set() for i in range(n)],
        entered=entered,
        compared=[{0: 2 if x else 1} for x in is_exposed],
    )
    margins = replace(
        _margins(1, 1, 2),
        expected=np.array([[[2.0, 5.0]]]),
        n_drug_c=np.array([[[first, first + second]]]),
        n_c=np.array([[[first + n_reference, n]]]),
    )

    def crosses(a: int, c: int, q: int) -> bool:
        n_drug = (first, first + second)[q]
        ic = information_component(a, margins.expected[0, 0, q]).ic025
        low = twobytwo.ror(a, n_drug - a, c, n_reference - c).low
        return bool(a >= 3 and ic[0] > 0 and low[0] > EASY.limits.ror_low_min)

    law = stats.multivariate_hypergeom([first, second, n_reference], n_event)
    probability = sum(
        float(law.pmf([a, more, n_event - a - more]))
        for a in range(n_event + 1)
        for more in range(1, n_event + 1 - a)
        if crosses(a, n_event - a - more, 0)
        and crosses(a + more, n_event - a - more, 1)
    )
    return reports, margins, probability


def test_the_expected_number_is_that_of_the_exact_distribution() -> None:
    reports, margins, probability = _two_quarters()
    n = 1_500
    found = error_budget(reports, margins, demands=EASY, permutations=n, seed=2)
    assert 0.05 < probability < 0.5
    error = np.sqrt(probability * (1 - probability) / n)
    assert abs(found.newly[:, 1].mean() - probability) < 4 * error
    assert found.newly[:, 0].sum() == 0
    assert (found.emerging[:, 1] == found.newly[:, 1]).all()


def test_reports_as_they_are_stand_beside_those_that_were_dealt() -> None:
    reports, margins, _ = _two_quarters()
    # All cases are exposed: the pair emerges, and by chance it seldom does.
    exposed = np.flatnonzero(reports.exposed[:, 0])
    strong = replace(reports, event_report=exposed[::8], event=np.zeros(30, np.int64))
    found = error_budget(strong, margins, demands=EASY, permutations=200, seed=1)
    assert found.observed_newly.tolist() == [0, 1]
    assert found.observed_a[0, 0] == 30
    assert found.n_as_many[0, 0] == 0
    assert found.newly[:, 1].mean() < 0.5


def test_the_same_seed_gives_the_same_numbers_and_another_one_others() -> None:
    reports, margins, _ = _two_quarters()

    def means(seed: int) -> float:
        found = error_budget(reports, margins, demands=EASY, permutations=50, seed=seed)
        return float(found.mean_a[0, 0])

    assert means(1) == means(1)
    assert means(1) != means(2)


def test_more_permutations_leave_the_first_ones_as_they_were() -> None:
    reports, margins, _ = _two_quarters()
    few, many = (
        error_budget(reports, margins, demands=EASY, permutations=n, seed=1).newly
        for n in (60, 130)
    )
    assert (many[:60] == few).all()


def test_permutations_dealt_side_by_side_are_those_dealt_one_after_another() -> None:
    # Large enough that two deals are under way at the same time.
    rng = np.random.default_rng(8)
    n = 60_000
    reports = _reports(
        rng.integers(0, 40, n).tolist(),
        drugs=[{0} if x < 0.1 else set() for x in rng.random(n)],
        events=[{0} if x < 0.2 else set() for x in rng.random(n)],
        n_drugs=1,
    )
    one, three = (
        error_budget(
            reports,
            _margins(1, 1, 1),
            demands=EASY,
            permutations=60,
            seed=1,
            threads=threads,
        )
        for threads in (1, 3)
    )
    assert one.mean_a[0, 0] > 1000
    for field in fields(one):
        assert np.array_equal(getattr(one, field.name), getattr(three, field.name))


def test_a_true_signal_that_is_known_makes_no_other_pair_emerge() -> None:
    # Drug 0 has 60 of 70 cases. Where they are dealt out, drug 1 gets a good part.
    n = 400
    drugs: list[set[int]] = [
        {0} if i < 120 else {1} if i < 240 else set() for i in range(n)
    ]
    has = [i % 2 == 0 if i < 120 else i % 28 == 0 for i in range(n)]
    reports = _reports(
        [0] * n,
        drugs=drugs,
        events=[{0} if x else set() for x in has],
        n_drugs=2,
        entered=[i % 2 for i in range(n)],
        compared=[{1: 2 if 1 in d else 1} if 0 not in d else {} for d in drugs],
    )
    margins = replace(
        _margins(2, 1, 2),
        expected=np.full((2, 1, 2), 8.0) * [0.5, 1.0],
        n_drug_c=np.full((1, 2, 2), 120) // [2, 1],
        n_c=np.full((1, 2, 2), 280) // [2, 1],
    )
    only_1 = np.repeat([[False], [True]], 2, axis=1)
    emerging = {
        name: error_budget(
            reports,
            margins,
            demands=EASY,
            permutations=200,
            seed=1,
            could_emerge=only_1,
            known=known,
        ).newly.sum()
        for name, known in {"dealt": None, "held": np.array([[True], [False]])}.items()
    }
    assert emerging["dealt"] > 8
    assert emerging["held"] == 0


def test_pairs_that_a_label_names_do_not_emerge() -> None:
    reports, margins, _ = _two_quarters()
    found = error_budget(
        reports,
        margins,
        demands=EASY,
        permutations=100,
        seed=2,
        could_emerge=np.zeros((1, 2), dtype=bool),
    )
    assert found.newly.sum() == found.emerging.sum() == 0
    assert found.n_ever.sum() > 0
