"""The counts of one quarter computed the slow, obvious way, to test the SQL against.

Plain loops over plain rows, no tables kept between quarters: everything is computed for
one quarter Q from the rows that were published up to Q. Read it beside docs/cohort.md;
each function is one rule. Nothing of pvsignal is imported but the calendar, so a
mistake cannot be shared with what is tested.

A *row* is a mapping with the column names of the staged tables; dates are
``datetime.date`` (the first day that is stated) with a precision beside them.

    demo     quarter primaryid caseid caseversion_no era line
             init_fda_date fda_date event_date event_date_precision
             for duplicates also: age_years sex occr_country reporter_country rept_cod
             mfr_num mfr_sndr lit_ref
    drug     quarter primaryid drug_seq role_cod drugname prod_ai route
    reac     quarter primaryid pt
    ther     quarter primaryid dsg_drug_seq start_date start_date_precision
    indi     quarter primaryid indi_drug_seq indi_pt
    deleted  quarter caseid
"""

from __future__ import annotations

import calendar
import datetime as dt
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from pvsignal.quarter import Quarter

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]
Event = tuple[str, str]  # level (pt, group, supergroup, marker) and name
Drug = tuple[str, str]  # level (substance, class) and name

SUSPECT = ("PS", "SS")
ADMITTED = frozenset(
    {
        "any_product",
        "disease_brand",
        "disease_route",
        "conditional_brand",
        "record_indication",
        "case_indication",
    }
)


# --- What the code lists say


@dataclass(frozen=True)
class Term:
    """What the code lists say of one normalised term, as reaction and as indication."""

    event_class: str = ""  # neoplasm, event (of a further list), not_event or empty
    group_id: str = ""
    is_incident: bool = False
    is_recurrence: bool = False
    ms_flag: str = ""
    is_oncology_indication: bool = False
    is_other_disease: bool = False
    indication_rule: str = "full"  # of an event: full, primary_suspect or off


@dataclass(frozen=True)
class Litigated:
    """One row of the litigated drugs that counts: years and one event."""

    ingredient: str
    year_from: int
    year_to: int
    event_level: str  # group, supergroup, or group_pts: the PTs of the group `event`
    event: str


@dataclass(frozen=True)
class Linkage:
    """Numbers of the linkage model: bits of each answer, prior, threshold.

    Pairs below the threshold are kept down to `kept`.
    """

    bits: Mapping[str, Mapping[str, float]]  # field -> label -> log2(m / u)
    prior: float
    threshold: float
    kept: float
    countries: Mapping[str, str]  # text in upper case -> ISO code


@dataclass(frozen=True)
class Lists:
    """The code lists as plain look-ups; what is not in them has no meaning.

    `names` and `routes` give, for a text as reported, the whys of each therapy that a
    pattern hits. `grid` holds the group and supergroup events that are scored;
    `compared` the therapies that are no scored drug and may be in the reference.
    """

    names: Mapping[str, Mapping[str, frozenset[str]]]
    product_rule: Mapping[str, str]
    scored: frozenset[str]
    reference: frozenset[str]
    terms: Mapping[str, Term]
    events: Mapping[str, frozenset[Event]]
    grid: tuple[Event, ...]
    routes: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    classes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    antineoplastic: frozenset[str] = frozenset()
    litigated_names: Mapping[str, frozenset[str]] = field(default_factory=dict)
    litigated: tuple[Litigated, ...] = ()
    roles: tuple[str, ...] = SUSPECT
    linkage: Linkage | None = None  # None: no case is linked to another
    compared: frozenset[str] = frozenset()

    def term(self, name: str) -> Term:
        return self.terms.get(name, Term())


def whys(hits: Iterable[Row]) -> dict[str, dict[str, frozenset[str]]]:
    """Look-up text -> therapy -> whys from rows (text, entry, why)."""
    found: dict[str, dict[str, frozenset[str]]] = {}
    for hit in hits:
        therapies = found.setdefault(hit["text"], {})
        therapies[hit["entry"]] = therapies.get(hit["entry"], frozenset()) | {
            hit["why"]
        }
    return found


def normalised(text: str) -> str:
    """Term as it is compared: upper case, trimmed, single blanks, ``^`` as ``'``."""
    return re.sub(r"[ \t\r\n\f]+", " ", text.replace("^", "'")).strip(" ").upper()


@cache
def ordinal(quarter: str) -> int:
    return Quarter.parse(quarter).ordinal


def up_to(tables: Tables, as_of: str) -> dict[str, list[Row]]:
    """What was published up to a quarter."""
    return {
        name: [row for row in rows if ordinal(row["quarter"]) <= ordinal(as_of)]
        for name, rows in tables.items()
    }


# --- Case versions


@dataclass(frozen=True)
class Sighting:
    """A case version as one quarter's DEMO file holds it."""

    quarter: str
    primaryid: int
    caseid: int
    rank: tuple[int, int]
    line: int
    init_fda_date: dt.date | None
    fda_date: dt.date | None
    event_date: dt.date | None
    demo: Row = field(default_factory=dict, hash=False, compare=False)


@dataclass(frozen=True)
class Version:
    """When a sighting was the current version: known_from <= Q < known_until."""

    quarter: str
    primaryid: int
    caseid: int
    known_from: str
    known_until: str | None
    until_reason: str | None

    def is_current(self, as_of: str) -> bool:
        return ordinal(self.known_from) <= ordinal(as_of) and (
            self.known_until is None or ordinal(self.known_until) > ordinal(as_of)
        )

    @property
    def was_current(self) -> bool:
        return self.known_until != self.known_from


def sightings(demo: Iterable[Row]) -> list[Sighting]:
    """DEMO rows with a case number; a key that DEMO repeats keeps its last line."""
    held: dict[tuple[str, int], Sighting] = {}
    for row in sorted(demo, key=lambda row: row["line"]):
        if row["caseid"] is None:
            continue
        if row["era"] in ("a", "b"):
            rank = (0, row["primaryid"])
        else:
            rank = (1, row["caseversion_no"] or 0)
        held[row["quarter"], row["primaryid"]] = Sighting(
            row["quarter"],
            row["primaryid"],
            row["caseid"],
            rank=rank,
            line=row["line"],
            init_fda_date=row["init_fda_date"],
            fda_date=row["fda_date"],
            event_date=row["event_date"],
            demo=row,
        )
    return list(held.values())


def in_quarter(found: Iterable[Sighting]) -> list[Sighting]:
    """Sightings of one case in one quarter, the one that counts last."""
    return sorted(found, key=lambda sighting: (sighting.rank, sighting.line))


def versions(tables: Tables) -> list[Version]:
    """Each sighting with the interval in which it was the current version."""
    by_case: dict[int, list[Sighting]] = {}
    for sighting in sightings(tables["demo"]):
        by_case.setdefault(sighting.caseid, []).append(sighting)
    result = []
    for caseid, found in by_case.items():
        deletions = {
            row["quarter"] for row in tables["deleted"] if row["caseid"] == caseid
        }
        result += versions_of_case(found, sorted(deletions, key=ordinal))
    return result


def versions_of_case(
    found: Sequence[Sighting], deletions: Sequence[str]
) -> list[Version]:
    """Versions of one case; deletions in the order of their quarters."""
    result = []

    def ended(sighting: Sighting, until: str | None, reason: str | None) -> None:
        result.append(
            Version(
                sighting.quarter,
                sighting.primaryid,
                sighting.caseid,
                known_from=sighting.quarter,
                known_until=until,
                until_reason=reason,
            )
        )

    # A deletion resets the rank: what comes after it is a segment of its own.
    segments: dict[int, list[Sighting]] = {}
    for quarter in sorted({sighting.quarter for sighting in found}, key=ordinal):
        *lower, best = in_quarter(s for s in found if s.quarter == quarter)
        for sighting in lower:
            ended(sighting, quarter, "lower version in the same quarter")
        before = sum(ordinal(deletion) < ordinal(quarter) for deletion in deletions)
        chain = segments.setdefault(before, [])
        if chain and chain[-1].rank > best.rank:
            ended(best, quarter, "older than the version held")
        else:
            chain.append(best)

    for chain in segments.values():
        for sighting, following in zip(chain, [*chain[1:], None], strict=True):
            later = [q for q in deletions if ordinal(q) >= ordinal(sighting.quarter)]
            deleted = later[0] if later else None
            if following and (
                deleted is None or ordinal(following.quarter) <= ordinal(deleted)
            ):
                ended(sighting, following.quarter, "superseded")
            elif deleted:
                ended(sighting, deleted, "deleted")
            else:
                ended(sighting, None, None)
    return result


def received(tables: Tables) -> dict[int, dt.date]:
    """First receipt of each case, as its earliest sighting says; fixed for good."""
    by_case: dict[int, list[Sighting]] = {}
    for sighting in sightings(tables["demo"]):
        by_case.setdefault(sighting.caseid, []).append(sighting)
    result = {}
    for caseid, found in by_case.items():
        first = min((s.quarter for s in found), key=ordinal)
        counted = in_quarter(s for s in found if s.quarter == first)[-1]
        result[caseid] = (
            counted.init_fda_date or counted.fda_date or Quarter.parse(first).first_day
        )
    return result


# --- Records of a report


def last_day(first: dt.date, precision: str) -> dt.date:
    """Last day that a partial date can mean."""
    if precision == "year":
        return first.replace(month=12, day=31)
    if precision == "month":
        return first.replace(day=calendar.monthrange(first.year, first.month)[1])
    return first


@dataclass(frozen=True)
class Record:
    """One DRUG row with the indications and starts of its drug_seq."""

    drug_seq: int | None
    role: str | None
    texts: tuple[str, ...]  # drugname and prod_ai, those that are given
    route: str | None
    indications: tuple[str, ...]  # normalised
    starts: tuple[tuple[dt.date, dt.date], ...]  # first and last day of each start

    @property
    def is_suspect(self) -> bool:
        return self.role in SUSPECT


@dataclass(frozen=True)
class Children:
    """The rows below one (quarter, primaryid)."""

    records: tuple[Record, ...]
    indications: tuple[str, ...]  # of any drug, also of one that DRUG does not hold
    reactions: tuple[str, ...]


def children(tables: Tables, quarter: str, primaryid: int) -> Children:
    def rows(table: str) -> list[Row]:
        return [
            row
            for row in tables[table]
            if (row["quarter"], row["primaryid"]) == (quarter, primaryid)
        ]

    def same_drug(row: Row, column: str, drug: Row) -> bool:
        return row[column] is not None and row[column] == drug["drug_seq"]

    records = tuple(
        Record(
            drug_seq=drug["drug_seq"],
            role=drug["role_cod"],
            texts=tuple(
                text for text in (drug["drugname"], drug["prod_ai"]) if text is not None
            ),
            route=drug["route"],
            indications=tuple(
                normalised(row["indi_pt"])
                for row in rows("indi")
                if same_drug(row, "indi_drug_seq", drug)
                and normalised(row["indi_pt"] or "")
            ),
            starts=tuple(
                (
                    row["start_date"],
                    last_day(row["start_date"], row["start_date_precision"]),
                )
                for row in rows("ther")
                if same_drug(row, "dsg_drug_seq", drug)
                and row["start_date"] is not None
            ),
        )
        for drug in rows("drug")
    )
    return Children(
        records=records,
        indications=tuple(
            normalised(row["indi_pt"])
            for row in rows("indi")
            if normalised(row["indi_pt"] or "")
        ),
        reactions=tuple(
            normalised(row["pt"]) for row in rows("reac") if normalised(row["pt"] or "")
        ),
    )


# --- Product rule


def name_whys(record: Record, therapy: str, lists: Lists) -> frozenset[str]:
    """Whys of a therapy on either string of a record."""
    found: frozenset[str] = frozenset()
    for text in record.texts:
        found |= lists.names.get(text, {}).get(therapy, frozenset())
    return found


def therapies_named(record: Record, lists: Lists) -> set[str]:
    """Therapies that a record matches: hit by a pattern and no other substance."""
    hit = {therapy for text in record.texts for therapy in lists.names.get(text, {})}
    return {
        therapy
        for therapy in hit
        if "match" in name_whys(record, therapy, lists)
        and "exclude_other" not in name_whys(record, therapy, lists)
    }


def is_ms(term: str, lists: Lists) -> bool:
    return lists.term(term).ms_flag == "include"


def is_non_ms(term: str, lists: Lists) -> bool:
    return lists.term(term).ms_flag in ("", "exclude")


def is_oncology(term: str, lists: Lists) -> bool:
    return lists.term(term).is_oncology_indication


def product_status(record: Record, therapy: str, report: Children, lists: Lists) -> str:
    """Is this record the MS product of the therapy? The first rule that applies."""
    if lists.product_rule[therapy] == "any_product":
        return "any_product"
    name = name_whys(record, therapy, lists)
    route = lists.routes.get(record.route or "", {}).get(therapy, frozenset())
    has_non_ms = any(is_non_ms(term, lists) for term in record.indications)
    has_oncology = any(is_oncology(term, lists) for term in record.indications)
    has_other_disease = any(
        lists.term(term).is_other_disease for term in record.indications
    )

    if name & {"exclude_brand", "other_brand"}:
        return "other_brand"
    if "exclude_form" in name:
        return "other_form"
    if "other_route" in route:
        return "other_route"
    if has_oncology:
        return "oncology_indication"
    if "disease_brand" in name:
        return "disease_brand"
    if "disease_route" in route and not has_non_ms:
        return "disease_route"
    if "conditional_brand" in name and not has_non_ms:
        return "conditional_brand"
    if any(is_ms(term, lists) for term in record.indications):
        return "record_indication"
    if any(is_ms(term, lists) for term in report.indications) and not has_other_disease:
        return "case_indication"
    return "other_indication" if has_non_ms else "product_unspecified"


def exposures(report: Children, lists: Lists) -> set[Drug]:
    """Therapies that are scored or compared with, and classes, that it is exposed to."""
    therapies = {
        therapy
        for record in report.records
        if record.role in lists.roles
        for therapy in therapies_named(record, lists)
        if therapy in lists.scored | lists.compared
        and product_status(record, therapy, report, lists) in ADMITTED
    }
    classes = {name for name, members in lists.classes.items() if members & therapies}
    return {("substance", therapy) for therapy in therapies} | {
        ("class", name) for name in classes
    }


def is_ms_report(report: Children, lists: Lists) -> bool:
    """An MS indication on any drug, or an MS-only brand in any role."""
    if any(is_ms(term, lists) for term in report.indications):
        return True
    for record in report.records:
        for therapy in therapies_named(record, lists):
            name = name_whys(record, therapy, lists)
            if "disease_brand" in name and not name & {"exclude_brand", "other_brand"}:
                return True
    return False


# --- Indication rule


@dataclass(frozen=True)
class Outcome:
    """A term of an event on a report and whether it counts."""

    term: str
    reason: str | None
    is_treated_event: bool

    @property
    def is_included(self) -> bool:
        return self.reason is None


def is_same_disease(indication: str, term: str, lists: Lists) -> bool:
    """The indication is the reported term, or a term of its group."""
    group = lists.term(term).group_id
    return indication == term or (
        group not in ("", "not_event") and lists.term(indication).group_id == group
    )


def starts_before(
    record: Record, event_date: dt.date | None, others: Iterable[Record]
) -> bool:
    """Started for certain before the event, or before the first start of the others.

    The earliest last possible day of a start lies before the first possible day of the
    event. Without an event date: before the first possible day of any start of the
    other suspects; if none of them is dated, nothing is certain.
    """
    if event_date is None:
        dated = [first for other in others for first, _ in other.starts]
        if not dated:
            return False
        event_date = min(dated)
    return any(last < event_date for _, last in record.starts)


def is_given_for_it(
    report: Children, term: str, event_date: dt.date | None, lists: Lists
) -> bool:
    """(i) The term is why the primary suspect, or an earlier drug, was given.

    By the rule primary_suspect an earlier drug says nothing; by off, none does.
    """
    rule = lists.term(term).indication_rule
    for_it = [
        record
        for record in report.records
        if any(is_same_disease(i, term, lists) for i in record.indications)
    ]
    others = [r for r in report.records if r.is_suspect and r not in for_it]
    return rule != "off" and any(
        record.role == "PS"
        or (rule == "full" and starts_before(record, event_date, others))
        for record in for_it
    )


def is_cancer_treatment(
    report: Children, event_date: dt.date | None, lists: Lists
) -> bool:
    """(ii) The suspects are the treatment of a cancer that was there before."""

    def has_oncology(record: Record) -> bool:
        return any(is_oncology(term, lists) for term in record.indications)

    def treats_cancer(record: Record) -> bool:
        return has_oncology(record) and any(
            text in lists.antineoplastic for text in record.texts
        )

    suspects = [record for record in report.records if record.is_suspect]
    others = [record for record in suspects if not has_oncology(record)]
    return any(
        treats_cancer(record)
        and (record.role == "PS" or starts_before(record, event_date, others))
        for record in suspects
    ) and all(
        treats_cancer(record)
        for record in suspects
        if not any(is_ms(term, lists) for term in record.indications)
    )


def is_beside_recurrence(report: Children, term: str, lists: Lists) -> bool:
    """(iii) An incident-looking term stands beside a recurrence of its group."""
    return lists.term(term).is_incident and any(
        other != term
        and lists.term(other).event_class == "neoplasm"
        and lists.term(other).is_recurrence
        and lists.term(other).group_id == lists.term(term).group_id
        for other in report.reactions
    )


def outcomes(
    report: Children, event_date: dt.date | None, lists: Lists
) -> list[Outcome]:
    """One verdict per term of an event on a report, whatever drug is scored."""
    result = []
    for term in sorted(set(report.reactions)):
        meaning = lists.term(term)
        if meaning.event_class not in ("neoplasm", "event"):
            continue
        is_full = meaning.indication_rule == "full"
        is_neoplasm = meaning.event_class == "neoplasm"
        reason = None
        if is_given_for_it(report, term, event_date, lists):
            reason = "indication"
        elif is_full and is_neoplasm and is_cancer_treatment(report, event_date, lists):
            reason = "antineoplastic_treatment"
        elif is_full and is_beside_recurrence(report, term, lists):
            reason = "recurrence"
        treated = reason is None and any(
            is_same_disease(indication, term, lists)
            for record in report.records
            for indication in record.indications
        )
        result.append(Outcome(term, reason, treated))
    return result


# --- Suspected duplicates

Key = tuple[str, int, int]  # quarter, primaryid, caseid


@dataclass(frozen=True)
class Features:
    """What is compared of a sighting; None and the empty set are unknown."""

    key: Key
    date: dt.date | None
    precision: str | None
    age: float | None
    sex: str | None
    country: str | None
    substances: frozenset[str]
    names: frozenset[str]
    terms: frozenset[str]
    control_number: str | None
    sender: str | None
    article: str | None

    @property
    def caseid(self) -> int:
        return self.key[2]

    @property
    def day(self) -> dt.date | None:
        return self.date if self.precision == "day" else None

    @property
    def month(self) -> tuple[int, int] | None:
        if self.date is None or self.precision == "year":
            return None
        return self.date.year, self.date.month

    @property
    def person(self) -> tuple[Any, ...] | None:
        if self.age is None or self.sex is None:
            return None
        return math.floor(self.age), self.sex


def name_of(text: str | None) -> str | None:
    """Drug name as it is compared: upper case, single blanks, no closing stop."""
    return re.sub(r"\s+", " ", text or "").strip().upper().rstrip(". ") or None


def letters(text: str | None) -> str:
    """Letters and digits in upper case."""
    return re.sub(r"[^A-Za-z0-9]", "", text or "").upper()


def features(sighting: Sighting, tables: Tables, lists: Lists) -> Features | None:
    """Features of a sighting that names a drug and a reaction."""
    assert lists.linkage
    report = children(tables, sighting.quarter, sighting.primaryid)
    drugs = [
        (name_of(row["prod_ai"]), name_of(row["drugname"]))
        for row in tables["drug"]
        if (row["quarter"], row["primaryid"]) == (sighting.quarter, sighting.primaryid)
    ]
    substances = {active or name for active, name in drugs} - {None}
    if not substances or not report.reactions:
        return None
    row = sighting.demo
    number, article = letters(row.get("mfr_num")), letters(row.get("lit_ref"))
    country = (row.get("occr_country") or row.get("reporter_country") or "").upper()
    return Features(
        key=(sighting.quarter, sighting.primaryid, sighting.caseid),
        date=row["event_date"],
        precision=row["event_date_precision"],
        age=row.get("age_years"),
        sex=row.get("sex") if row.get("sex") in ("F", "M") else None,
        country=lists.linkage.countries.get(country) or None,
        substances=frozenset(str(one) for one in substances),
        names=frozenset(
            str(name or active) for active, name in drugs if name or active
        ),
        terms=frozenset(report.reactions),
        control_number=number
        if row.get("rept_cod") != "DIR" and re.search(r"\d{4}", number)
        else None,
        sender=letters(row.get("mfr_sndr")) or None,
        article=article[-100:] if len(article) >= 20 else None,
    )


def same(one: Any, other: Any) -> bool:
    """Agree and are known: nothing never agrees with nothing."""
    return one is not None and bool(one != frozenset()) and one == other


def may_be_compared(one: Features, other: Features) -> bool:
    """A set or an id is shared, and something beside it where it is common."""
    drugs = same(one.substances, other.substances)
    terms = same(one.terms, other.terms)
    person = same(one.person, other.person)
    article = same(one.article, other.article)
    return (
        (same(one.day, other.day) and (drugs or same(one.names, other.names) or terms))
        or (same(one.month, other.month) and drugs and terms)
        or (person and same(one.country, other.country) and drugs and terms)
        or same(one.control_number, other.control_number)
        or (article and (drugs or person))
    )


def answers(one: Features, other: Features) -> dict[str, str | None]:
    """What each field says of two sightings; None where one of them is silent."""
    return {
        "event_date": date_answer(one, other),
        "age": age_answer(one.age, other.age),
        "sex": unless_unknown(one.sex, other.sex, "same sex", "other sex"),
        "country": unless_unknown(
            one.country,
            other.country,
            "both in the United States" if one.country == "US" else "same country",
            "other country",
        ),
        "drugs": set_answer(
            [(one.substances, other.substances), (one.names, other.names)],
            ("same drugs, 4 or more", "same drugs, 2 or 3", "same single drug"),
            ("half of the drugs shared", "some drugs shared", "no drug shared"),
        ),
        "reactions": set_answer(
            [(one.terms, other.terms)],
            (
                "same reactions, 4 or more",
                "same reactions, 2 or 3",
                "same single reaction",
            ),
            (
                "half of the reactions shared",
                "some reactions shared",
                "no reaction shared",
            ),
        ),
        "control_number": unless_unknown(
            one.control_number,
            other.control_number,
            "same number",
            "other number of one sender"
            if same(one.sender, other.sender)
            else "number of another sender",
        ),
        "literature": unless_unknown(
            one.article, other.article, "same article", "other article"
        ),
    }


def unless_unknown(one: Any, other: Any, equal: str, unequal: str) -> str | None:
    if one is None or other is None:
        return None
    return equal if one == other else unequal


def date_answer(one: Features, other: Features) -> str | None:
    if one.date is None or other.date is None:
        return None
    if one.day and other.day:
        apart = abs((one.day - other.day).days)
        if apart == 0:
            return "same day" if one.day.day > 1 else "same first of a month"
        if apart <= 7:
            return "within 7 days"
        return "within 31 days" if apart <= 31 else "other date"
    if one.month and other.month:
        is_same = one.month == other.month
        return "same month, one without a day" if is_same else "other date"
    is_same = one.date.year == other.date.year
    return "same year, one without a month" if is_same else "other date"


def age_answer(one: float | None, other: float | None) -> str | None:
    if one is None or other is None:
        return None
    if math.floor(one) == math.floor(other):
        return "same age"
    apart = abs(one - other)
    if apart <= 2:
        return "within 2 years"
    return "within 10 years" if apart <= 10 else "other age"


def set_answer(
    sets: Sequence[tuple[frozenset[str], frozenset[str]]],
    equal: tuple[str, str, str],
    unequal: tuple[str, str, str],
) -> str:
    """Answer of one or two ways to write a set; the size is that of the first."""
    size = len(sets[0][0])
    if any(one == other for one, other in sets):
        return equal[0] if size >= 4 else equal[1] if size >= 2 else equal[2]
    shared = max(len(one & other) for one, other in sets)
    if 2 * shared >= max(map(len, sets[0])):
        return unequal[0]
    return unequal[1] if shared else unequal[2]


def links(tables: Tables, lists: Lists) -> dict[tuple[Key, Key], float]:
    """Match weight of each link: the smaller case number first, then the other."""
    if lists.linkage is None:
        return {}
    linkage = lists.linkage
    was_current = {
        (v.quarter, v.primaryid, v.caseid) for v in versions(tables) if v.was_current
    }
    found = [
        one
        for sighting in sightings(tables["demo"])
        if (sighting.quarter, sighting.primaryid, sighting.caseid) in was_current
        and (one := features(sighting, tables, lists))
    ]
    result = {}
    for one in found:
        for other in found:
            if one.caseid >= other.caseid or not may_be_compared(one, other):
                continue
            weight = linkage.prior + sum(
                linkage.bits[name][answer]
                for name, answer in answers(one, other).items()
                if answer is not None
            )
            if weight >= linkage.threshold:
                result[one.key, other.key] = weight
    return result


def suspected_duplicates(tables: Tables, lists: Lists, as_of: str) -> set[Key]:
    """Reports with a link to a smaller case that is current as of the quarter too."""
    known = up_to(tables, as_of)
    current = {
        (v.quarter, v.primaryid, v.caseid)
        for v in versions(known)
        if v.was_current and v.is_current(as_of)
    }
    return {
        other
        for one, other in links(known, lists)
        if one in current and other in current
    }


# --- Reports


@dataclass(frozen=True)
class Report:
    """A case version that was once current, with a drug and a reaction."""

    quarter: str
    primaryid: int
    caseid: int
    version: Version
    received: dt.date
    is_ms: bool
    exposures: frozenset[Drug]
    outcomes: tuple[Outcome, ...]
    events: frozenset[Event]
    narrow_events: frozenset[Event]  # without terms that a drug is given for
    reported_events: frozenset[Event]  # whatever the indication rule says
    litigated: frozenset[Event]  # whose populations it leaves; group_pts among them
    therapies: frozenset[str]  # that count, in any role
    demo: Row

    @property
    def key(self) -> tuple[str, int, int]:
        return self.quarter, self.primaryid, self.caseid


def litigated_events(report: Children, year: int, lists: Lists) -> frozenset[Event]:
    """Events of the litigated ingredients that a suspect names, in their years."""
    ingredients = {
        ingredient
        for record in report.records
        if record.is_suspect
        for text in record.texts
        for ingredient in lists.litigated_names.get(text, frozenset())
    }
    return frozenset(
        (row.event_level, row.event)
        for row in lists.litigated
        if row.ingredient in ingredients and row.year_from <= year <= row.year_to
    )


def reports(tables: Tables, lists: Lists, as_of: str) -> list[Report]:
    """Population of comparator A before litigation, ended versions included."""
    known = up_to(tables, as_of)
    receipt = received(known)
    counted = {(s.quarter, s.primaryid, s.caseid): s for s in sightings(known["demo"])}
    result = []
    for version in versions(known):
        report = children(known, version.quarter, version.primaryid)
        if not version.was_current or not report.reactions:
            continue
        if not any(record.texts for record in report.records):
            continue
        sighting = counted[version.quarter, version.primaryid, version.caseid]
        verdicts = outcomes(report, sighting.event_date, lists)
        kept = [verdict for verdict in verdicts if verdict.is_included]
        narrow = [verdict for verdict in kept if not verdict.is_treated_event]
        # Markers that are no neoplasm have no verdict and count as reported.
        others = set(report.reactions) - {verdict.term for verdict in verdicts}

        def events_of(
            judged: Iterable[Outcome], others: Iterable[str] = frozenset(others)
        ) -> frozenset[Event]:
            terms = [*(verdict.term for verdict in judged), *others]
            return frozenset(
                event for term in terms for event in lists.events.get(term, ())
            )

        result.append(
            Report(
                quarter=version.quarter,
                primaryid=version.primaryid,
                caseid=version.caseid,
                version=version,
                received=receipt[version.caseid],
                is_ms=is_ms_report(report, lists),
                exposures=frozenset(exposures(report, lists)),
                outcomes=tuple(verdicts),
                events=events_of(kept),
                narrow_events=events_of(narrow),
                reported_events=events_of(verdicts),
                therapies=frozenset(
                    therapy
                    for record in report.records
                    if record.role in ("PS", "SS", "C", "I")
                    for therapy in therapies_named(record, lists)
                    if product_status(record, therapy, report, lists) in ADMITTED
                ),
                demo=sighting.demo,
                litigated=litigated_events(report, receipt[version.caseid].year, lists),
            )
        )
    return result


def product_statuses(
    tables: Tables, lists: Lists, as_of: str
) -> list[tuple[str, int, int | None, str | None, str, str]]:
    """(quarter, primaryid, drug_seq, role, therapy, status) of each naming DRUG row."""
    known = up_to(tables, as_of)
    result = []
    for key in sorted(
        {(v.quarter, v.primaryid) for v in versions(known) if v.was_current}
    ):
        report = children(known, *key)
        for record in report.records:
            for therapy in sorted(therapies_named(record, lists)):
                status = product_status(record, therapy, report, lists)
                result.append((*key, record.drug_seq, record.role, therapy, status))
    return result


# --- Cells


@dataclass(frozen=True)
class Cells:
    """Reports with both, with the drug, with the event, and in the population."""

    a: int
    n_drug: int
    n_event: int
    n: int


@dataclass(frozen=True)
class Start:
    """First quarter with a current report of a drug, and its first receipt."""

    quarter: str
    received: dt.date


def starts(
    known: Iterable[Report], compared: frozenset[str] = frozenset()
) -> dict[Drug, Start]:
    """Start of each scored drug: later evidence cannot move it."""
    by_drug: dict[Drug, list[Report]] = {}
    for report in known:
        for drug in report.exposures:
            if drug[1] not in compared:
                by_drug.setdefault(drug, []).append(report)
    result = {}
    for drug, exposed in by_drug.items():
        first = min((r.version.known_from for r in exposed), key=ordinal)
        result[drug] = Start(
            first, min(r.received for r in exposed if r.version.known_from == first)
        )
    return result


def is_litigated(report: Report, event: Event, lists: Lists) -> bool:
    """The report leaves all four cells of the event."""
    level, name = event
    if level == "pt" and ("group_pts", lists.term(name).group_id) in report.litigated:
        return True
    return event in report.litigated


@dataclass(frozen=True)
class Choice:
    """What a variant changes against the primary one."""

    with_duplicates: bool = False
    with_litigated: bool = False
    roles: tuple[str, ...] | None = None
    keeps: Callable[[Report], bool] = lambda report: True
    events: Callable[[Report], frozenset[Event]] = lambda report: report.events
    since_first_report: bool = False
    reference: frozenset[str] | None = None
    comparators: str = "ABC"


PRIMARY = Choice()


def reference_of(
    drug: Drug, lists: Lists, reference: frozenset[str] | None = None
) -> frozenset[str]:
    """Therapies of the reference of comparator C, without the drug or its members."""
    level, name = drug
    own = lists.classes[name] if level == "class" else frozenset({name})
    wanted = lists.reference if reference is None else reference
    return (wanted & (lists.scored | lists.compared)) - own


def population(
    comparator: str,
    drug: Drug,
    current: Iterable[Report],
    start: Start,
    *,
    members: frozenset[str],
    choice: Choice,
) -> set[tuple[str, int, int]]:
    """Reports of a comparator before litigation; members of its reference for C."""
    since = {report.key for report in current if report.received >= start.received}
    if comparator == "C":
        compared = {("substance", therapy) for therapy in members}
        return since & {
            report.key
            for report in current
            if drug in report.exposures or report.exposures & compared
        }
    found = {report.key for report in current if comparator == "A" or report.is_ms}
    return found & since if choice.since_first_report else found


def cells(
    tables: Tables, lists: Lists, as_of: str, *, choice: Choice = PRIMARY
) -> dict[tuple[str, Drug, Event], Cells]:
    """The 2x2 tables as of a quarter, by (comparator, drug, event).

    Suspected duplicates leave all four cells of every comparator, unless they are
    asked for. When a drug's first report came does not depend on them, nor on what a
    variant changes.

    Group, supergroup and marker events of `lists.grid` for every drug that has started,
    zeros included; preferred terms where a >= 1. No row of C without a reference.
    """
    duplicates = (
        set() if choice.with_duplicates else suspected_duplicates(tables, lists, as_of)
    )
    chosen = replace(lists, roles=choice.roles or lists.roles)
    current = [
        report
        for report in reports(tables, chosen, as_of)
        if report.version.is_current(as_of)
        and report.key not in duplicates
        and choice.keeps(report)
    ]
    reported = {e for r in current for e in choice.events(r) if e[0] == "pt"}
    events = [*lists.grid, *sorted(reported)]
    holds = {e: {r.key for r in current if e in choice.events(r)} for e in events}
    leaves = {
        e: {
            r.key
            for r in current
            if not choice.with_litigated and is_litigated(r, e, lists)
        }
        for e in events
    }
    result = {}
    known = reports(tables, lists, as_of)
    for drug, start in starts(known, lists.compared).items():
        exposed = {report.key for report in current if drug in report.exposures}
        reference = reference_of(drug, lists, choice.reference)
        for comparator in choice.comparators:
            if comparator == "C" and not reference:
                continue
            found = population(
                comparator, drug, current, start, members=reference, choice=choice
            )
            for event in events:
                counted = found - leaves[event]
                a = len(counted & exposed & holds[event])
                if event[0] != "pt" or a >= 1:
                    result[comparator, drug, event] = Cells(
                        a=a,
                        n_drug=len(counted & exposed),
                        n_event=len(counted & holds[event]),
                        n=len(counted),
                    )
    return result


# --- Times to onset and pairs of drugs

TAKEN = ("PS", "SS", "C", "I")


def counted_reports(tables: Tables, lists: Lists, as_of: str) -> list[Report]:
    """Population of comparator A as of a quarter, suspected duplicates left out."""
    duplicates = suspected_duplicates(tables, lists, as_of)
    return [
        report
        for report in reports(tables, lists, as_of)
        if report.version.is_current(as_of) and report.key not in duplicates
    ]


def onset_span(
    report: Report, drug: Drug, tables: Tables, lists: Lists
) -> tuple[int, int] | None:
    """Fewest and most days from the first start of a drug to the event of a report.

    None without a start or an event date. The first of several starts is no earlier
    than the first day of any, and no later than the last day of any.
    """
    level, name = drug
    members = lists.classes[name] if level == "class" else frozenset({name})
    rows = children(tables, report.quarter, report.primaryid)
    starts = [
        start
        for record in rows.records
        if record.role in TAKEN
        for therapy in therapies_named(record, lists) & members
        if product_status(record, therapy, rows, lists) in ADMITTED
        for start in record.starts
    ]
    event_date = report.demo["event_date"]
    if event_date is None or not starts:
        return None
    known_by = last_day(event_date, report.demo["event_date_precision"])
    return (
        (event_date - min(last for _, last in starts)).days,
        (known_by - min(first for first, _ in starts)).days,
    )


def onset_spans(
    tables: Tables, lists: Lists, as_of: str
) -> dict[tuple[Drug, Event], list[tuple[int, int] | None]]:
    """Spans of the reports behind each `a` of comparator A, the undated ones first."""
    result: dict[tuple[Drug, Event], list[tuple[int, int] | None]] = {}
    for report in counted_reports(tables, lists, as_of):
        for drug in report.exposures:
            if drug[1] in lists.compared:
                continue
            span = onset_span(report, drug, tables, lists)
            for event in report.events:
                if not is_litigated(report, event, lists):
                    result.setdefault((drug, event), []).append(span)
    return {
        pair: sorted(spans, key=lambda span: (span is not None, span))
        for pair, spans in result.items()
    }


@dataclass(frozen=True)
class Strata:
    """Reports by drug (first digit), substance (second) and event (third)."""

    n111: int = 0
    n11: int = 0
    n101: int = 0
    n10: int = 0
    n011: int = 0
    n01: int = 0
    n001: int = 0
    n00: int = 0


def pairs_of_drugs(
    tables: Tables,
    lists: Lists,
    as_of: str,
    *,
    substances: Mapping[tuple[str | None, str | None], frozenset[str]],
    own: Mapping[str, frozenset[str]],
) -> tuple[dict[tuple[str, str, Event], Strata], dict[str, int]]:
    """Strata of each combination with 3 reports, and how many there are in all.

    Parameters
    ----------
    substances
        What each pair of drug name and coded ingredient means.
    own
        Substances that are a scored drug itself.

    Returns
    -------
    tuple of (mapping, mapping)
        (drug, substance, event) to strata where n111 >= 3; level of event to the number
        of combinations with n11 >= 1.
    """
    current = counted_reports(tables, lists, as_of)
    named: dict[Key, set[str]] = {
        report.key: {
            substance
            for row in tables["drug"]
            if (row["quarter"], row["primaryid"]) == report.key[:2]
            and row["role_cod"] in SUSPECT
            for substance in substances[row["drugname"], row["prod_ai"]]
        }
        for report in current
    }
    exposed = {
        report.key: {
            name
            for level, name in report.exposures
            if level == "substance" and name not in lists.compared
        }
        for report in current
    }
    possible = {
        (drug, substance)
        for report in current
        for drug in exposed[report.key]
        for substance in named[report.key] - own[drug]
    }
    result, n_combinations = {}, {"group": 0, "supergroup": 0}
    for event in lists.grid:
        if event[0] not in n_combinations:
            continue
        population = [r for r in current if not is_litigated(r, event, lists)]
        for drug, substance in possible:
            counts = dict.fromkeys(Strata.__dataclass_fields__, 0)
            for report in population:
                first = int(drug in exposed[report.key])
                second = int(substance in named[report.key])
                counts[f"n{first}{second}"] += 1
                counts[f"n{first}{second}1"] += event in report.events
            n_combinations[event[0]] += counts["n11"] >= 1
            if counts["n111"] >= 3:
                result[drug, substance, event] = Strata(**counts)
    return result, n_combinations


# --- Pairs of the whole database


def crude_pairs(
    tables: Tables,
    lists: Lists,
    as_of: str,
    substances: Mapping[tuple[str | None, str | None], frozenset[str]],
) -> dict[tuple[str, Event], Cells]:
    """Every pair of a substance and an event with a report, no rule but the roles.

    `substances` gives what a name and its coded ingredient mean. Every term is an
    event, and each set of terms of `lists.events` one that any of them makes.
    """
    known = up_to(tables, as_of)
    duplicates = suspected_duplicates(tables, lists, as_of)
    named: dict[Key, set[str]] = {}
    reported: dict[Key, set[Event]] = {}
    for version in versions(known):
        key = (version.quarter, version.primaryid, version.caseid)
        report = children(known, version.quarter, version.primaryid)
        if not version.was_current or not version.is_current(as_of):
            continue
        if key in duplicates or not report.reactions:
            continue
        if not any(record.texts for record in report.records):
            continue
        named[key] = {
            substance
            for row in known["drug"]
            if (row["quarter"], row["primaryid"]) == key[:2]
            and row["role_cod"] in SUSPECT
            for substance in substances[row["drugname"], row["prod_ai"]]
        }
        reported[key] = {("pt", term) for term in report.reactions} | {
            event
            for term in report.reactions
            for event in lists.events.get(term, frozenset())
            if event[0] != "pt"
        }
    pairs = {
        (substance, event)
        for key, drugs in named.items()
        for substance in drugs
        for event in reported[key]
    }
    return {
        (substance, event): Cells(
            a=sum(substance in named[key] and event in reported[key] for key in named),
            n_drug=sum(substance in drugs for drugs in named.values()),
            n_event=sum(event in events for events in reported.values()),
            n=len(named),
        )
        for substance, event in pairs
    }
