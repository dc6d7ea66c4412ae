"""How many pairs would emerge if no drug had to do with any event.

The events of the reports are dealt anew among the reports of a stratum: same year of
receipt, reporter, sex and age band, inside or outside comparator B, and leaving the
same litigation sets. What a report says of its drugs stays with it, and so do its
comparators and the quarter in which it came in. Drugs and events are then independent
within strata, and the rules of an emerging pair are applied to what was dealt.

References
----------
docs/signals.md, "Error budget". Permutation p-values are never 0: Phipson, Smyth
(2010) Stat Appl Genet Mol Biol 9:39.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from pvsignal.analysis import Emerging, Evaluable, Thresholds
from pvsignal.signals import rules
from pvsignal.signals.classes import MIN_MEMBERS
from pvsignal.signals.states import CODE, Evidence, State, replay
from pvsignal.stats import evaluable_bc, information_component, twobytwo

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Demands:
    """What a pair must come to before it crosses.

    Attributes
    ----------
    limits
        Thresholds of the statistics.
    evaluable
        When B and C can judge a pair.
    emerging
        Reports of the drug and of professionals.
    """

    limits: Thresholds
    evaluable: Evaluable
    emerging: Emerging


# Permutations whose outcomes are kept and replayed together, which bounds the memory.
_AT_A_TIME: Final = 50


@dataclass(frozen=True)
class Reports:
    """Reports that have an event or a drug or belong to comparator B.

    Drugs, events and quarters are positions from 0; all arrays but the last three have
    one element a report.

    Attributes
    ----------
    stratum
        Position of the stratum.
    entered
        Position of the quarter in which the case came in.
    is_ms, is_professional
        Whether it belongs to comparator B; whether a professional sent it.
    exposed
        Shape (reports, drugs): the report names the drug.
    compared
        Shape (reports, drugs): 1 where it belongs to the reference of comparator C of
        the drug, 2 where it belongs to C as an exposed report, else 0.
    event_report, event
        A row for each event of a report: position of the report and of the event.
    n_in_stratum
        Size of each stratum; reports that are not listed count too.
    """

    stratum: Ints
    entered: Ints
    is_ms: Flags
    is_professional: Flags
    exposed: Flags
    compared: npt.NDArray[np.int8]
    event_report: Ints
    event: Ints
    n_in_stratum: Ints

    def with_pair(self, known: Flags) -> Flags:
        """Reports that have an event with a drug for which it is marked.

        Parameters
        ----------
        known
            Shape (drugs, events).
        """
        found = np.zeros(len(self.stratum), dtype=bool)
        has = self.exposed[self.event_report] & known.T[self.event]
        found[self.event_report[has.any(axis=1)]] = True
        return found


@dataclass(frozen=True)
class Margins:
    """What no permutation changes, up to each quarter.

    Attributes
    ----------
    expected
        Expected count in A, stratified by year of receipt; (drugs, events, quarters).
    set_of
        Litigation set of each event, a position.
    n_drug_a, n_drug_b, n_drug_c
        Reports of each drug in each comparator; (sets, drugs, quarters).
    n_b, n_c
        Population of B, (sets, quarters), and of C, (sets, drugs, quarters).
    members
        Shape (drugs, drugs): the second is a member of the first, which is a class.
    """

    expected: Floats
    set_of: Ints
    n_drug_a: Ints
    n_drug_b: Ints
    n_drug_c: Ints
    n_b: Ints
    n_c: Ints
    members: Flags


@dataclass(frozen=True)
class Crossings:
    """Pairs that cross at some quarter; each row is a pair.

    Attributes
    ----------
    pair
        Position: drug times the number of events, plus event.
    crosses, has_new_case, is_low
        Shape (pairs, quarters), as in `pvsignal.signals.states.Evidence`.
    """

    pair: Ints
    crosses: Flags
    has_new_case: Flags
    is_low: Flags


@dataclass(frozen=True)
class Budget:
    """Pairs that emerge in each permutation, and what became of each pair in all.

    Attributes
    ----------
    newly, emerging
        Pairs that became emerging in the quarter, and that are; (permutations,
        quarters).
    observed_newly, observed_emerging
        The same of the reports as they are, by the same rules; (quarters,).
    n_ever, n_now
        Permutations in which the pair crossed at any quarter, and at the last;
        (drugs, events).
    n_as_many
        Permutations with at least as many reports of the pair as observed.
    mean_a, observed_a
        Reports of the pair at the last quarter: mean of the permutations, observed.
    share_kept
        Share of the reports with a drug and an event that a permutation is expected to
        leave as they are, because their strata are small; NaN where there is none.
    """

    newly: Ints
    emerging: Ints
    observed_newly: Ints
    observed_emerging: Ints
    n_ever: Ints
    n_now: Ints
    n_as_many: Ints
    mean_a: Floats
    observed_a: Ints
    share_kept: float


# --- dealing -----------------------------------------------------------------------


@dataclass(frozen=True)
class Deck:
    """Reports with events and places for them, ready to be dealt.

    A stratum is a row of slots. Events come from the first of them, in the order of
    the reports that have any, and go to the first, in the order of the reports whose
    events count; a permutation of the slots says which go where. In most strata few
    slots matter, and only the shorter of both sides is drawn.

    Attributes
    ----------
    ball, is_source
        Reports drawn, and whether their events go (else events come to them).
    first_slot, n_slots
        Slots of the stratum of each ball.
    first_partner, n_partners
        Reports of the other side in that stratum, in `partners`.
    owner
        Room to write down whose a slot is; -1 throughout between two deals.
    full_report, full_slot, full_first, full_partner, full_n_partners
        The same of strata in which most slots matter, which are shuffled whole: each
        report with events, its slot, the first one of its stratum, its partners.
    full_block
        Stratum of each of their slots.
    held
        Reports that keep their events and have no slot.
    """

    ball: Ints
    is_source: Flags
    first_slot: Ints
    n_slots: Ints
    first_partner: Ints
    n_partners: Ints
    partners: Ints
    owner: Ints
    full_report: Ints
    full_slot: Ints
    full_first: Ints
    full_partner: Ints
    full_n_partners: Ints
    full_block: Floats
    held: Ints


def deck_of(reports: Reports, is_held: Flags | None = None) -> Deck:
    """Reports with events and the places for them, by stratum.

    Parameters
    ----------
    reports
        The reports.
    is_held
        Reports that have events and keep them; None for none.
    """
    held = np.flatnonzero(is_held) if is_held is not None else np.array([], np.int64)
    n = reports.n_in_stratum - np.bincount(
        reports.stratum[held], minlength=len(reports.n_in_stratum)
    )
    is_source = np.zeros(len(reports.stratum), dtype=bool)
    is_source[reports.event_report] = True
    is_holder = (
        reports.is_ms | reports.exposed.any(axis=1) | (reports.compared > 0).any(axis=1)
    )
    is_source[held] = is_holder[held] = False
    sources = _by_stratum(reports.stratum, is_source)
    holders = _by_stratum(reports.stratum, is_holder)
    n_sources = np.bincount(reports.stratum[sources], minlength=len(n))
    n_holders = np.bincount(reports.stratum[holders], minlength=len(n))
    fewer = np.minimum(n_sources, n_holders)
    is_full = 2 * fewer > n
    draws_sources = (n_sources <= n_holders) | is_full
    partners = np.concatenate([holders, sources])
    first_source = np.cumsum(n_sources) - n_sources
    first_holder = np.cumsum(n_holders) - n_holders
    drawn_n = np.where(is_full | (fewer == 0), 0, n)
    first_slot = np.cumsum(drawn_n) - drawn_n

    here = reports.stratum
    drawn_sources = sources[(draws_sources & ~is_full & (fewer > 0))[here[sources]]]
    drawn_holders = holders[(~draws_sources & (fewer > 0))[here[holders]]]
    ball = np.concatenate([drawn_sources, drawn_holders])
    goes = np.arange(len(ball)) < len(drawn_sources)
    of = here[ball]

    full = sources[is_full[here[sources]]]
    full_n = np.where(is_full, n, 0)
    full_first = np.cumsum(full_n) - full_n
    # Sources of a stratum stand one after another, so its first slots are theirs.
    within = np.flatnonzero(is_full[here[sources]]) - first_source[here[full]]
    return Deck(
        ball=ball,
        is_source=goes,
        first_slot=first_slot[of],
        n_slots=n[of],
        first_partner=np.where(goes, first_holder[of], len(holders) + first_source[of]),
        n_partners=np.where(goes, n_holders[of], n_sources[of]),
        partners=partners,
        owner=np.full(int(drawn_n.sum()), -1, dtype=np.int64),
        full_report=full,
        full_slot=full_first[here[full]] + within,
        full_first=full_first[here[full]],
        full_partner=first_holder[here[full]],
        full_n_partners=n_holders[here[full]],
        full_block=np.repeat(np.arange(len(n), dtype=np.float64), full_n),
        held=held,
    )


def _by_stratum(stratum: Ints, chosen: Flags) -> Ints:
    """Chosen reports in the order of their strata."""
    found = np.flatnonzero(chosen)
    return found[np.argsort(stratum[found], kind="stable")]


def deal(deck: Deck, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Reports whose events go, and the reports that they go to.

    Every permutation of the reports of a stratum is equally likely; reports whose
    events go to a report without drug, outside B and C, are left out.

    Returns
    -------
    tuple of ndarray
        Positions of reports, of equal length; no report stands twice in one of them.
    """
    slot = _distinct_slots(deck, rng) - deck.first_slot
    hit = slot < deck.n_partners
    ball, is_source = deck.ball[hit], deck.is_source[hit]
    partner = deck.partners[(deck.first_partner + slot)[hit]]

    # Blocks stay in place: the whole part of a key is its stratum.
    order = np.argsort(deck.full_block + rng.random(len(deck.full_block)))
    place = order[deck.full_slot] - deck.full_first
    full_hit = place < deck.full_n_partners
    return (
        np.concatenate(
            [np.where(is_source, ball, partner), deck.full_report[full_hit], deck.held]
        ),
        np.concatenate(
            [
                np.where(is_source, partner, ball),
                deck.partners[(deck.full_partner + place)[full_hit]],
                deck.held,
            ]
        ),
    )


def _distinct_slots(deck: Deck, rng: np.random.Generator) -> Ints:
    """Slot of each ball in its stratum, no slot twice.

    A ball whose slot is taken draws again. The rule treats all slots of a stratum
    alike, so every way to place the balls is equally likely.
    """
    slot = np.empty(len(deck.ball), dtype=np.int64)
    pending = np.arange(len(deck.ball))
    while pending.size:
        drawn = deck.first_slot[pending] + rng.integers(deck.n_slots[pending])
        slot[pending] = drawn
        is_free = deck.owner[drawn] < 0
        deck.owner[drawn[is_free]] = pending[is_free]
        pending = pending[deck.owner[drawn] != pending]
    deck.owner[slot] = -1
    return slot


def as_reported(reports: Reports) -> tuple[Ints, Ints]:
    """Every report with events and itself: nothing is dealt."""
    same = np.unique(reports.event_report)
    return same, same


# --- crossing ----------------------------------------------------------------------


@dataclass(frozen=True)
class Cases:
    """Events that were dealt.

    Attributes
    ----------
    event, report
        A row for each event of a report that one came to.
    key
        A row for each drug of each of them: the pair times the number of quarters, plus
        the quarter in which the case came in.
    exposure
        Position of that drug of that report among the exposures of all reports.
    """

    event: Ints
    report: Ints
    key: Ints
    exposure: Ints


class Board:
    """Applies the rules of a crossing to events that were dealt.

    Parameters
    ----------
    reports
        The reports.
    margins
        What stays.
    limits
        Thresholds of the analysis.
    """

    def __init__(self, reports: Reports, margins: Margins, demands: Demands) -> None:
        self._reports, self._margins = reports, margins
        self._demands, self._limits = demands, demands.limits
        self.n_drugs, self.n_events, self.n_quarters = margins.expected.shape
        n = len(reports.stratum)
        order = np.argsort(reports.event_report, kind="stable")
        self._event = reports.event[order]
        self._n_of = np.bincount(reports.event_report, minlength=n)
        self._first = np.cumsum(self._n_of) - self._n_of

        # Exposures, report by report.
        exposed, self._drug = np.nonzero(reports.exposed)
        self._n_drugs_of = np.bincount(exposed, minlength=n)
        self._first_drug = np.cumsum(self._n_drugs_of) - self._n_drugs_of
        self._in_b = reports.is_ms[exposed]
        self._in_c = reports.compared[exposed, self._drug] == 2
        self._is_professional = reports.is_professional[exposed]

        # Reports that are a reference of any drug, and of which.
        is_reference = (reports.compared == 1).any(axis=1)
        self._reference = np.where(is_reference, np.cumsum(is_reference) - 1, -1)
        self._refers_to = (reports.compared[is_reference] == 1).astype(np.int32)

        most = min(int(reports.exposed.sum(axis=0).max(initial=0)), len(reports.event))
        # The limit is that of E = 1/2 less log2(E + 1/2): the same sum, term by term,
        # as `information_component` makes.
        self._log_gamma = information_component(np.arange(most + 1), 0.5).ic025
        self._log_rate = np.log2(margins.expected + 0.5).reshape(-1, self.n_quarters)
        enough = margins.n_drug_a >= demands.emerging.min_drug_reports
        self._is_exposed_enough = (
            enough[margins.set_of].transpose(1, 0, 2).reshape(-1, self.n_quarters)
        )

    def cases(self, source: Ints, holder: Ints) -> Cases:
        """Events of some reports, as they come to others."""
        n_of = self._n_of[source]
        event = self._event[_expanded(self._first[source], n_of)]
        report = np.repeat(holder, n_of)
        n_of = self._n_drugs_of[report]
        exposure = _expanded(self._first_drug[report], n_of)
        key = self._drug[exposure] * (self.n_events * self.n_quarters)
        # One number a case is repeated instead of two.
        of_case = event * self.n_quarters + self._reports.entered[report]
        return Cases(event, report, key + np.repeat(of_case, n_of), exposure)

    def counts(self, cases: Cases) -> Ints:
        """Reports of each pair up to each quarter; (drugs x events, quarters)."""
        return self._up_to(cases.key, self.n_drugs * self.n_events)

    def crossings(self, cases: Cases, a: Ints) -> Crossings:
        """Pairs that cross at some quarter.

        Parameters
        ----------
        cases
            What was dealt.
        a
            As `counts` gives them.
        """
        limits, margins = self._limits, self._margins
        some = np.flatnonzero(a[:, -1] >= limits.min_reports)
        ic025 = self._log_gamma[a[some]] - self._log_rate[some]
        by_a = rules.sdr_ic(ic025, limits=limits)
        maybe = by_a & (a[some] >= limits.min_reports) & self._is_exposed_enough[some]
        kept = maybe.any(axis=1)
        pair, by_a, maybe = some[kept], by_a[kept], maybe[kept]
        maybe &= self._has_members(pair, a)

        # Of the exposed reports only those of these pairs are counted further.
        row_of = np.full(len(a), -1)
        row_of[pair] = np.arange(len(pair))
        row = row_of[cases.key // self.n_quarters]
        is_theirs = row >= 0
        exposure = cases.exposure[is_theirs]
        key = row[is_theirs] * self.n_quarters + cases.key[is_theirs] % self.n_quarters

        def of_pairs(chosen: Flags) -> Ints:
            return self._up_to(key[chosen[exposure]], len(pair))

        least = self._demands.emerging.min_professional
        maybe &= of_pairs(self._is_professional) >= least
        drug, event = np.divmod(pair, self.n_events)
        which = margins.set_of[event]
        by_b = self._by_ror(
            maybe,
            of_pairs(self._in_b),
            n_event=self._of_events(cases, self._reports.is_ms)[event],
            n_drug=margins.n_drug_b[which, drug],
            n=margins.n_b[which],
        )
        a_c = of_pairs(self._in_c)
        by_c = self._by_ror(
            maybe,
            a_c,
            n_event=a_c + self._of_references(cases)[event, :, drug],
            n_drug=margins.n_drug_c[which, drug],
            n=margins.n_c[which, drug],
        )
        crosses = maybe & (by_b | by_c)
        ever = crosses.any(axis=1)
        new = np.diff(a[pair[ever]], axis=1, prepend=0)
        return Crossings(pair[ever], crosses[ever], new > 0, ~by_a[ever])

    def _up_to(self, key: Ints, n_lines: int) -> Ints:
        """Keys counted up to each quarter; (lines, quarters)."""
        new = np.bincount(key, minlength=n_lines * self.n_quarters)
        return new.reshape(n_lines, self.n_quarters).cumsum(axis=1)

    def _of_events(self, cases: Cases, chosen: Flags) -> Ints:
        """Chosen reports of each event up to each quarter; (events, quarters)."""
        here = chosen[cases.report]
        entered = self._reports.entered[cases.report[here]]
        return self._up_to(cases.event[here] * self.n_quarters + entered, self.n_events)

    def _of_references(self, cases: Cases) -> npt.NDArray[np.int32]:
        """Reports of each event in the reference of each drug, up to each quarter.

        Returns
        -------
        ndarray
            Shape (events, quarters, drugs).
        """
        reference = self._reference[cases.report]
        here = np.flatnonzero(reference >= 0)
        line = cases.event[here] * self.n_quarters
        line += self._reports.entered[cases.report[here]]
        rows = sparse.csr_array(
            (np.ones(len(here), dtype=np.int32), (line, reference[here])),
            shape=(self.n_events * self.n_quarters, len(self._refers_to)),
        )
        new = (rows @ self._refers_to).reshape(
            self.n_events, self.n_quarters, self.n_drugs
        )
        known: npt.NDArray[np.int32] = new.cumsum(axis=1, dtype=np.int32)
        return known

    def _has_members(self, pair: Ints, a: Ints) -> Flags:
        """Whether a class has enough members with reports; True for a substance."""
        enough = np.ones((len(pair), self.n_quarters), dtype=bool)
        drug, event = np.divmod(pair, self.n_events)
        is_class: Flags = np.any(self._margins.members, axis=1)
        for row in np.flatnonzero(is_class[drug]):
            members = np.flatnonzero(self._margins.members[drug[row]])
            of_members = a[members * self.n_events + event[row]]
            n_enough = (of_members >= self._limits.min_reports).sum(axis=0)
            enough[row] = n_enough >= MIN_MEMBERS
        return enough

    def _by_ror(
        self, maybe: Flags, a: Ints, *, n_event: Ints, n_drug: Ints, n: Ints
    ) -> Flags:
        """Where the comparator gives its part, among the cells that matter."""
        flags = np.zeros(a.shape, dtype=bool)
        at = maybe & (a >= self._limits.min_reports)
        a, n_event, n_drug, n = (x[at] for x in (a, n_event, n_drug, n))
        low = twobytwo.ror(a, n_drug - a, n_event - a, n - n_drug - n_event + a).low
        can = self._demands.evaluable
        flags[at] = rules.sdr_ror(a, low, limits=self._limits) & evaluable_bc(
            n_drug * n_event / n,
            n_event - a,
            min_expected=can.bc_min_expected,
            min_reference_cases=can.bc_min_reference_cases,
        )
        return flags


def _expanded(first: Ints, n: Ints) -> Ints:
    """Positions ``first, first + 1, ...``, as many as `n` says, one after another."""
    total = int(n.sum())
    skipped = np.repeat(np.cumsum(n) - n - first, n)
    return np.arange(total) - skipped


# --- the budget --------------------------------------------------------------------


def error_budget(
    reports: Reports,
    margins: Margins,
    *,
    demands: Demands,
    permutations: int,
    seed: int,
    could_emerge: Flags | None = None,
    known: Flags | None = None,
    threads: int = 1,
) -> Budget:
    """Pairs that emerge when the events are dealt anew, and in the reports as they are.

    Parameters
    ----------
    reports, margins
        The reports, and what stays.
    demands
        What a pair must come to.
    permutations
        How often the events are dealt, at least 1.
    seed
        Each permutation has a stream of its own, made of it and its number.
    could_emerge
        Pairs and quarters that may be called emerging, (drugs x events, quarters):
        those that no label names. None for all.
    known
        Pairs that are true beyond doubt, (drugs, events): reports that have one keep
        their events. None for no pair.
    threads
        Permutations dealt at a time; the result does not depend on it. Each needs room
        for the slots of its deck and for what it dealt.
    """
    board = Board(reports, margins, demands)
    deck = deck_of(reports, None if known is None else reports.with_pair(known))
    shape = board.n_drugs, board.n_events
    cases = board.cases(*as_reported(reports))
    a = board.counts(cases)
    observed = board.crossings(cases, a)
    observed_a = a[:, -1]
    newly, emerging = _emerging([observed], could_emerge, n_quarters=board.n_quarters)

    # A deal writes into its deck, so each thread has one of its own.
    n = max(1, min(threads, permutations, _AT_A_TIME))
    decks = [deck, *(replace(deck, owner=deck.owner.copy()) for _ in range(n - 1))]

    def dealt(numbers: range, own: Deck) -> list[_Dealt]:
        return [_dealt(board, own, [seed, number]) for number in numbers]

    tally = np.zeros((4, board.n_drugs * board.n_events), dtype=np.int64)
    found: list[tuple[Ints, Ints]] = []
    with ThreadPoolExecutor(n) as pool:
        for first in range(0, permutations, _AT_A_TIME):
            numbers = range(first, min(first + _AT_A_TIME, permutations))
            shares = [numbers[thread::n] for thread in range(n)]
            parts = list(pool.map(dealt, shares, decks))
            batch = [parts[place % n][place // n] for place in range(len(numbers))]
            for one, n_reports in batch:
                tally[0, one.pair] += 1
                tally[1, one.pair[one.crosses[:, -1]]] += 1
                tally[2] += n_reports >= observed_a
                tally[3] += n_reports
            crossed = [one for one, _ in batch]
            found.append(_emerging(crossed, could_emerge, n_quarters=board.n_quarters))
    return Budget(
        newly=np.concatenate([new for new, _ in found]),
        emerging=np.concatenate([stock for _, stock in found]),
        observed_newly=newly[0],
        observed_emerging=emerging[0],
        n_ever=tally[0].reshape(shape),
        n_now=tally[1].reshape(shape),
        n_as_many=tally[2].reshape(shape),
        mean_a=tally[3].reshape(shape) / permutations,
        observed_a=observed_a.reshape(shape),
        share_kept=_share_kept(reports),
    )


_Dealt = tuple[Crossings, Ints]


def _dealt(board: Board, deck: Deck, seed: list[int]) -> _Dealt:
    """Pairs that cross in one permutation, and the reports of each pair in all."""
    cases = board.cases(*deal(deck, np.random.default_rng(seed)))
    a = board.counts(cases)
    return board.crossings(cases, a), a[:, -1].copy()


def _share_kept(reports: Reports) -> float:
    """Chance that a report with a drug and an event gets its own events back."""
    with_event = np.unique(reports.event_report)
    both = with_event[reports.exposed[with_event].any(axis=1)]
    if not both.size:
        return float("nan")
    return float((1 / reports.n_in_stratum[reports.stratum[both]]).mean())


def _emerging(
    crossed: list[Crossings], could_emerge: Flags | None, *, n_quarters: int
) -> tuple[Ints, Ints]:
    """Pairs that became emerging, and that are; (permutations, quarters)."""
    history = replay(
        Evidence(
            crosses=np.concatenate([one.crosses for one in crossed]),
            has_new_case=np.concatenate([one.has_new_case for one in crossed]),
            is_low=np.concatenate([one.is_low for one in crossed]),
        )
    )
    is_emerging = history.state == CODE[State.EMERGING]
    if could_emerge is not None:
        is_emerging &= could_emerge[np.concatenate([one.pair for one in crossed])]
    before = np.pad(is_emerging, ((0, 0), (1, 0)))[:, :-1]
    which = np.repeat(np.arange(len(crossed)), [len(one.pair) for one in crossed])
    newly = np.zeros((len(crossed), n_quarters), dtype=np.int64)
    emerging = np.zeros_like(newly)
    np.add.at(newly, which, is_emerging & ~before)
    np.add.at(emerging, which, is_emerging)
    return newly, emerging


def permutations_of(reports: Reports, seed: int) -> Iterator[tuple[Ints, Ints]]:
    """Events as `error_budget` deals them, one permutation after another."""
    deck, number = deck_of(reports), 0
    while True:
        yield deal(deck, np.random.default_rng([seed, number]))
        number += 1
