"""Invented histories of reports, said in a few words and written as archives.

`every` and `cases` make reports, `follow_up` a later version of one, `write_history` the
archives of a span. All is deterministic. Ages and sexes run through the same cycle in
every series, so that no series differs by them; no report looks like a copy of another.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pvsignal.quarter import Quarter, QuarterSpan
from tests.analyses import CARD
from tests.archives import write_archive

NOTHING = "Headache"
COUNTRIES = ("US", "DE", "FR", "JP", "IT")
SENDERS = ("ALPHA", "BETA", "GAMMA", "DELTA")
REPORTERS = ("MD", "CN", "HP")
_AGES = 40
_TABLES = ("demo", "drug", "reac", "indi", "ther", "outc", "rpsr")


@dataclass(frozen=True)
class Product:
    """A drug as reports name it, and what they say it is given for."""

    brand: str
    substance: str
    indication: str = "Multiple sclerosis"


@dataclass(frozen=True)
class Report:
    """One version of a case: what it says, and the quarter that publishes it.

    `caseid` 0 gets a number of its own when it is written.
    """

    quarter: Quarter
    product: Product
    term: str = NOTHING
    country: str = "US"
    sender: str = "ALPHA"
    reporter: str = "MD"
    article: str = ""
    age: int = 40
    sex: str = "F"
    caseid: int = 0
    version: int = 1
    first: Quarter | None = None

    @property
    def received(self) -> Quarter:
        """Quarter in which the case was first received."""
        return self.first or self.quarter


def quarters(first: str, last: str) -> list[Quarter]:
    """Quarters from the first to the last, both included."""
    return list(QuarterSpan(Quarter.parse(first), Quarter.parse(last)))


def every(
    span: Sequence[Quarter],
    product: Product,
    n: int,
    *,
    terms: Mapping[str, int] | None = None,
    senders: Sequence[str] = SENDERS,
) -> Iterator[Report]:
    """Reports of a product in each quarter, some of them with an event.

    Parameters
    ----------
    span, product, n
        Quarters, product and how many reports each quarter brings.
    terms
        Event to ``k``: one of the reports has it in each ``k``-th quarter, from the
        first on.
    senders
        Who sends them, in turn.
    """
    for place, quarter in enumerate(span):
        due = [term for term, k in (terms or {}).items() if place % k == 0]
        for number in range(n):
            term = due[number] if number < len(due) else NOTHING
            # The step of 7 spreads the few with an event over all ages in time.
            yield _report(quarter, product, term, place * 7 + number, senders=senders)


def cases(
    span: Sequence[Quarter],
    product: Product,
    term: str,
    *,
    n: int = 1,
    countries: Sequence[str] = COUNTRIES,
    senders: Sequence[str] = SENDERS,
    reporters: Sequence[str] = REPORTERS,
    article: str = "",
) -> list[Report]:
    """`n` cases of a product with an event in each quarter; sources take turns."""
    made: list[Report] = []
    for quarter in span:
        for _ in range(n):
            place = len(made)
            report = _report(quarter, product, term, place * 9, senders=senders)
            made.append(
                replace(
                    report,
                    country=countries[place % len(countries)],
                    sender=senders[place % len(senders)],
                    reporter=reporters[place % len(reporters)],
                    article=article,
                )
            )
    return made


def follow_up(of: Report, quarter: str) -> Report:
    """The next version of a case, which says the same.

    The case needs a number of its own (`numbered`).
    """
    assert of.caseid, "a case that is followed up needs a number"
    return replace(
        of, quarter=Quarter.parse(quarter), version=of.version + 1, first=of.received
    )


def numbered(reports: Sequence[Report], start: int) -> list[Report]:
    """The same reports with case numbers from `start` on."""
    return [replace(report, caseid=start + i) for i, report in enumerate(reports)]


def _report(
    quarter: Quarter,
    product: Product,
    term: str,
    place: int,
    *,
    senders: Sequence[str],
) -> Report:
    return Report(
        quarter,
        product,
        term,
        country=COUNTRIES[place % len(COUNTRIES)],
        sender=senders[place % len(senders)],
        reporter=REPORTERS[place % len(REPORTERS)],
        age=25 + place * 7 % _AGES,
        sex="M" if place % 3 == 0 else "F",
    )


def write_history(
    folder: Path, span: Sequence[Quarter], reports: Sequence[Report]
) -> None:
    """Write the archives of all quarters of a span into a folder."""
    numbers = itertools.count(10_000_001)
    by_quarter: dict[Quarter, list[Report]] = defaultdict(list)
    for report in reports:
        by_quarter[report.quarter].append(report)
    assert set(by_quarter) <= set(span), "a report lies outside the span"
    for quarter in span:
        tables: dict[str, list[dict[str, object]]] = {name: [] for name in _TABLES}
        for report in by_quarter[quarter]:
            _add(tables, report, report.caseid or next(numbers))
        write_archive(folder, quarter, tables)


def _add(
    tables: Mapping[str, list[dict[str, object]]], report: Report, caseid: int
) -> None:
    key = {"primaryid": f"{caseid}{report.version}", "caseid": caseid}
    tables["demo"].append(
        {
            **key,
            "caseversion": report.version,
            "i_f_code": "I" if report.version == 1 else "F",
            "init_fda_dt": _day(report.received),
            "fda_dt": _day(report.quarter),
            "rept_cod": "EXP",
            "mfr_num": f"XX-{report.sender}-{caseid}",
            "mfr_sndr": report.sender,
            "lit_ref": report.article,
            "age": report.age,
            "age_cod": "YR",
            "sex": report.sex,
            "occp_cod": report.reporter,
            "reporter_country": report.country,
            "occr_country": report.country,
        }
    )
    tables["drug"].append(
        {
            **key,
            "drug_seq": 1,
            "role_cod": "PS",
            "drugname": report.product.brand,
            "prod_ai": report.product.substance,
        }
    )
    tables["reac"].append({**key, "pt": report.term})
    tables["indi"].append(
        {**key, "indi_drug_seq": 1, "indi_pt": report.product.indication}
    )


def _day(quarter: Quarter) -> str:
    """A day in the middle of a quarter, as the files write it."""
    return f"{quarter.year}{quarter.number * 3 - 1:02}15"


def write_lists(folder: Path, lists: Mapping[str, str]) -> Path:
    """Write code lists with their cards into a folder of their own; its path."""
    folder.mkdir(parents=True)
    for name, text in lists.items():
        (folder / f"{name}.csv").write_text(text, "utf-8", newline="\n")
        (folder / f"{name}.toml").write_text(CARD, "utf-8")
    return folder
