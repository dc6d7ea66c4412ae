"""States of every pair and quarter, worked out again the slow way.

Written from docs/signals.md; nothing of pvsignal is imported but the calendar. What the
comparators said comes from the published histories, which reports counted when and what
they state from the warehouse; everything else is loops over plain rows.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pvsignal.quarter import Quarter

LISTS = Path(__file__).parents[1] / "src/pvsignal/codelists/data"

MIN_REPORTS, MIN_SOURCES, MIN_DRUG = 3, 2, 100
MAX_SHARE = 0.5
MAX_AGE, PATIENCE, RESOLVED_AFTER = 8, 2, 4

CHECKS = (
    *("duplicates", "professionals", "concentration", "notoriety"),
    *("age_sex", "onset", "markers", "hinges"),
)
ARTEFACTS = {"duplicates", "concentration", "age_sex", "hinges"}

Pair = tuple[str, str]


@dataclass(frozen=True)
class Seen:
    """What the three comparators said of a pair at a quarter."""

    a: int
    n_drug: int
    in_a: bool
    in_b: bool
    in_c: bool
    judged_b: bool
    judged_c: bool
    on_board: bool


@dataclass(frozen=True)
class Counted:
    """A version of a case, and the quarters in which it counted."""

    caseid: int
    known_from: int
    known_until: int | None
    entered: int
    country: str
    sender: str
    article: str
    is_professional: bool

    def counts(self, quarter: int) -> bool:
        return self.known_from <= quarter and (
            self.known_until is None or self.known_until > quarter
        )


@dataclass(frozen=True)
class Evidence:
    """All that the states of a run are worked out from.

    `of_pair` has the pairs that were ever on the board, `without_largest` what the run
    itself says of a class without its largest member (tests/properties/test_hinges.py
    works that out).
    """

    quarters: Sequence[int]
    seen: Mapping[Pair, Mapping[int, Seen]]
    of_pair: Mapping[Pair, Sequence[Counted]]
    of_drug: Mapping[str, Sequence[Counted]]
    members: Mapping[str, Sequence[str]]
    without_largest: Mapping[tuple[str, str, int], bool]


SEEN = """
select h.drug, h.event, h.as_of,
    max(h.a) filter (where h.comparator = 'A'),
    max(h.a + h.b) filter (where h.comparator = 'A'),
    coalesce(bool_or(y.ic025_year > 0), false),
    coalesce(bool_or(h.sdr_ror) filter (where h.comparator = 'B'), false),
    coalesce(bool_or(h.sdr_ror) filter (where h.comparator = 'C'), false),
    coalesce(bool_or(h.evaluable) filter (where h.comparator = 'B'), false),
    coalesce(bool_or(h.evaluable) filter (where h.comparator = 'C'), false),
    bool_or(h.sdr_screen)
from api.signal_history as h
left join api.year_history as y
    on h.comparator = 'A' and h.drug = y.drug and h.event_level = y.event_level
    and h.event = y.event and h.as_of = y.as_of
where h.event_level in ('group', 'supergroup')
group by all
"""

STATED = """
    m.caseid, m.known_from, m.known_until, m.entry_quarter_no,
    d.occr_country, d.reporter_country, d.mfr_sndr, d.lit_ref, d.occp_cod
from counts.{} as m
join cases.sighting as s using (quarter_no, primaryid, caseid)
join staged.demo as d
    on s.quarter_no = d.quarter_no and s.line = d.line and s.primaryid = d.primaryid
where m.comparator = 'A'
"""


def read_evidence(published: Path, warehouse: Path) -> Evidence:
    """What a published file says of each pair, and the reports behind it."""
    with duckdb.connect(str(published), read_only=True) as con:
        rows = con.execute(SEEN).fetchall()
        classes = con.execute(
            "select drug, members, event, as_of, crosses_without from api.classes"
        ).fetchall()
    seen: dict[Pair, dict[int, Seen]] = defaultdict(dict)
    for drug, event, as_of, *said in rows:
        seen[drug, event][ordinal(as_of)] = Seen(*said)
    boarded = {
        pair
        for pair, of_quarter in seen.items()
        if any(one.on_board for one in of_quarter.values())
    }
    with duckdb.connect(str(warehouse), read_only=True) as con:
        of_pair: dict[Pair, list[Counted]] = defaultdict(list)
        ask = "select m.drug, m.event," + STATED.format("pair_member")
        for drug, event, *stated in con.execute(ask).fetchall():
            if (drug, event) in boarded:
                of_pair[drug, event].append(_counted(*stated))
        of_drug: dict[str, list[Counted]] = defaultdict(list)
        ask = "select m.drug," + STATED.format("exposed_member")
        for drug, *stated in con.execute(ask).fetchall():
            of_drug[drug].append(_counted(*stated))
    quarters = sorted({q for of_quarter in seen.values() for q in of_quarter})
    return Evidence(
        quarters,
        seen,
        of_pair,
        of_drug,
        {drug: members.split(", ") for drug, members, *_ in classes},
        {
            (drug, event, ordinal(as_of)): crosses
            for drug, _, event, as_of, crosses in classes
        },
    )


def ordinal(quarter: str) -> int:
    return Quarter.parse(quarter).ordinal


def _listed(name: str) -> list[dict[str, str]]:
    with (LISTS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


COUNTRY = {
    row["text"]: row["iso2"] for row in _listed("countries") if row["included"] == "Y"
}
PROFESSIONAL = {
    row["occp_cod"] for row in _listed("reporters") if row["is_professional"] == "Y"
}


def _counted(
    caseid: int,
    known_from: int,
    known_until: int | None,
    entered: int,
    *stated: str | None,
) -> Counted:
    occurred, reported, sender, article, occupation = (text or "" for text in stated)
    country = COUNTRY.get(occurred.upper()) or COUNTRY.get(reported.upper())
    return Counted(
        caseid,
        known_from,
        known_until,
        entered,
        country or "",
        sender.strip().upper(),
        re.sub("[^A-Z0-9]", "", article.upper())[-100:],
        occupation in PROFESSIONAL,
    )


# --- The rules, one function each


def is_eligible(seen: Seen, held: Sequence[Counted]) -> bool:
    countries = {one.country for one in held} - {""}
    senders = {one.sender for one in held} - {""}
    return (
        seen.a >= MIN_REPORTS
        and seen.n_drug >= MIN_DRUG
        and any(one.is_professional for one in held)
        and (len(countries) >= MIN_SOURCES or len(senders) >= MIN_SOURCES)
    )


def has_two_members(evidence: Evidence, pair: Pair, quarter: int) -> bool:
    """No class, or one of which two members have three reports each."""
    drug, event = pair
    if not drug.startswith("class:"):
        return True
    members = [(member, event) for member in evidence.members.get(drug, ())]
    reports = [
        evidence.seen[member][quarter].a
        for member in members
        if quarter in evidence.seen.get(member, {})
    ]
    return sum(a >= MIN_REPORTS for a in reports) >= 2


def class_holds(evidence: Evidence, pair: Pair, quarter: int) -> bool:
    """No class, or one with two members that crosses without its largest."""
    drug, event = pair
    return not drug.startswith("class:") or (
        has_two_members(evidence, pair, quarter)
        and bool(evidence.without_largest.get((drug, event, quarter)))
    )


def is_concentrated(held: Sequence[Counted], of_drug: Iterable[Counted]) -> bool:
    """One source holds more than half; a sender only where it is not the usual one."""
    limit = MAX_SHARE * len(held)
    articles = Counter(one.article for one in held if one.article)
    bursts = Counter((one.country, one.entered) for one in held if one.country)
    if any(n > limit for n in (*articles.values(), *bursts.values())):
        return True
    senders = Counter(one.sender for one in held if one.sender)
    over = [sender for sender, n in senders.items() if n > limit]
    if not over:
        return False
    cases = {one.caseid for one in held}
    others = [one.sender for one in of_drug if one.caseid not in cases]
    return not others or others.count(over[0]) <= MAX_SHARE * len(others)


def next_state(
    state: str, *, crosses: bool, age: int, fresh: bool, quiet: int, low: int
) -> str:
    """State after one more quarter: the first condition that holds decides."""
    if crosses and state in ("none", "resolved"):
        return "new"
    if state in ("none", "resolved"):
        return state
    if low >= RESOLVED_AFTER:
        return "resolved"
    if not crosses:
        return "monitored"
    if state == "persistent_unlabelled" or age > MAX_AGE:
        return "persistent_unlabelled"
    if fresh:
        return "emerging"
    return "monitored" if quiet >= PATIENCE else state


def shown(
    state: str, novelty: str | None, failing: Iterable[str], *, is_provisional: bool
) -> str:
    """What stands over a state of the evidence."""
    if state in ("none", "resolved"):
        if not is_provisional:
            return state
        state = "provisional_only"
    if novelty == "labelled_specific":
        return novelty
    if state == "monitored":
        return state
    if ARTEFACTS & set(failing):
        return "flagged_artefact"
    if failing:
        return "explained"
    return novelty if novelty in ("labelled_broad", "class_labelled") else state


# --- All quarters of a pair


@dataclass(frozen=True)
class Found:
    """State of a pair at a quarter, evidence only, and what it rests on."""

    state: str
    first_crossing: int | None
    crosses: bool
    is_eligible: bool
    is_provisional: bool
    is_concentrated: bool | None  # None where the pair is not on the board
    n_entered: int
    n_countries: int
    n_senders: int
    n_professional: int


def replay(evidence: Evidence, pair: Pair) -> dict[int, Found]:
    """States of a pair from its first quarter on the board to the last."""
    state, first, quiet, low = "none", None, 0, 0
    met: set[int] = set()
    found: dict[int, Found] = {}
    was_on_board = False
    for quarter in evidence.quarters:
        held = [one for one in evidence.of_pair[pair] if one.counts(quarter)]
        cases = {one.caseid for one in held}
        fresh = cases - met
        met |= cases
        seen = evidence.seen[pair].get(quarter)
        if seen is None:
            continue
        assert len(held) == seen.a
        eligible = is_eligible(seen, held)
        can_judge = seen.judged_b or seen.judged_c
        over = eligible and seen.in_a and class_holds(evidence, pair, quarter)
        agrees = (seen.in_b and seen.judged_b) or (seen.in_c and seen.judged_c)
        crosses = over and agrees
        quiet = 0 if fresh else quiet + 1
        low = 0 if seen.in_a else low + 1
        if crosses and state in ("none", "resolved"):
            first, quiet = quarter, 0
        age = quarter - first if first is not None else 0
        state = next_state(
            state, crosses=crosses, age=age, fresh=bool(fresh), quiet=quiet, low=low
        )
        was_on_board |= seen.on_board
        if not was_on_board:
            continue
        of_drug = [one for one in evidence.of_drug[pair[0]] if one.counts(quarter)]
        found[quarter] = Found(
            state,
            first,
            crosses,
            eligible,
            eligible
            and seen.in_a
            and not can_judge
            and has_two_members(evidence, pair, quarter),
            is_concentrated(held, of_drug) if seen.on_board else None,
            len(fresh),
            len({one.country for one in held} - {""}),
            len({one.sender for one in held} - {""}),
            sum(one.is_professional for one in held),
        )
    return found
