"""Dated wording of labels and dates of notoriety, under the names that are counted."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from pvsignal.analysis import NEOPLASMS
from pvsignal.codelists.drugs import CLASS_PREFIX, drug_members
from pvsignal.codelists.events import event_names
from pvsignal.codelists.markers import event_of_name
from pvsignal.codelists.names import normalise_term, split, supergroup_event
from pvsignal.codelists.schema import Codelist, Codelists
from pvsignal.codelists.terms import classify_terms, event_catalogue, events_of_terms
from pvsignal.errors import CodelistError
from pvsignal.quarter import Quarter

JURISDICTIONS: Final = ("US", "EU")

# Wording on malignancies at large, whatever scope its row states.
_AT_LARGE: Final = "any_malignancy"

LABEL_COLUMNS: Final = (
    *("label_no", "ingredient", "event_level", "event", "event_label", "listed_name"),
    *("jurisdiction", "scope", "wording", "known_from_date", "date_precision"),
    *("date_text", "known_from_no", "known_from_quarter", "certainty", "note"),
)
NOTORIETY_COLUMNS: Final = (
    *("date_no", "kind", "ingredient", "first_day", "last_day", "date_text"),
    *(
        "window_last_day",
        "first_no",
        "last_no",
        "quarter",
        "what",
        "source",
        "certainty",
    ),
)

_OTHER_SUBJECT = re.compile(r"\((?P<kind>background|database)\)(?: (?P<name>.+))?")
_DATE_TEXT = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")
_LENGTH: Final[Mapping[str, int]] = {"year": 4, "month": 7, "day": 10}


def label_dates(lists: Codelists) -> pd.DataFrame:
    """Wording of labels, one row per row of ``label_dates`` and each undated listing.

    Returns
    -------
    pandas.DataFrame
        In the order of the list, numbered by ``label_no`` from 1. ``event_level`` and
        ``event``: what ``listed_name`` is counted as (a group means its incident terms
        or, where it has none, its remaining behaviour); NULL level where neoplasms are
        no events of the analysis. ``wording``: ``specific``, ``broad`` (malignancies
        at large, also where the list's ``scope`` is specific), ``contraindication``
        (no listing), or ``undated``: a group that ``label_malignancy`` calls labelled
        and for which the ingredient has no dated row. ``known_from_date``: first day
        on which the wording counts, with ``known_from_no`` and
        ``known_from_quarter``; NULL for an undated row. ``date_text``: the date as
        exactly as it is known.

    Raises
    ------
    CodelistError
        If a date, its precision or a jurisdiction is not valid, or a name stands for
        no event.
    """
    events = _Events.of(lists)
    rows: list[dict[str, object]] = [
        _label_row(place, row, events) for place, row in _placed(lists["label_dates"])
    ]
    dated = {_key(row) for row in rows if row["wording"] != "contraindication"}
    rows += [row for row in _undated(lists, events) if _key(row) not in dated]
    for number, row in enumerate(rows, start=1):
        row["label_no"] = number
    return _frame(rows, LABEL_COLUMNS)


def label_covers(lists: Codelists) -> pd.DataFrame:
    """What each wording says of each group and supergroup that it touches.

    Returns
    -------
    pandas.DataFrame
        ``label_no`` of `label_dates`, ``event``, ``cover``: ``names`` (the event
        itself), ``broad`` (an incident malignant group, or a supergroup most of whose
        terms are malignant, under wording on malignancies at large), ``other_form``
        (another behaviour of a named group), ``holds`` (a group of a named
        supergroup), ``part`` (a supergroup of a named group, for readers:
        how far it is known depends on the groups that were reported),
        ``contraindication`` and ``undated`` (neither is a listing).
    """
    events = _Events.of(lists)
    malignant = _malignant_events(lists)
    members = supergroup_members(lists)
    held = members.groupby("supergroup")["event"].agg(list).to_dict()
    above = members.groupby("event")["supergroup"].agg(list).to_dict()
    rows: set[tuple[int, str, str]] = set()
    for label in label_dates(lists).to_dict("records"):
        number, event, wording = label["label_no"], label["event"], label["wording"]
        named = {event, *held.get(event, ())}
        if label["listed_name"] == _AT_LARGE:
            named = malignant
        if wording == "specific":
            rows.add((number, event, "names"))
            other = set(events.of_group.get(events.group.get(event, ""), ())) - {event}
            rows |= {(number, form, "other_form") for form in other}
            rows |= {(number, group, "holds") for group in named - {event}}
            rows |= {(number, name, "part") for name in above.get(event, ())}
        else:
            rows |= {(number, covered, wording) for covered in named}
    return pd.DataFrame(sorted(rows), columns=["label_no", "event", "cover"])


def supergroup_members(lists: Codelists) -> pd.DataFrame:
    """Groups of each supergroup: those that share a listed term with it.

    Returns
    -------
    pandas.DataFrame
        ``supergroup``, ``event``; sorted. Recurrences and metastases are in no group,
        so a supergroup of those alone has none.
    """
    terms = _events_of_listed_terms(lists)
    groups = terms[terms["event_level"] == "group"][["event", "term"]]
    above = terms[terms["event_level"] == "supergroup"][["event", "term"]]
    shared = above.rename(columns={"event": "supergroup"}).merge(groups, on="term")
    pairs = shared[["supergroup", "event"]].drop_duplicates()
    return pairs.sort_values(["supergroup", "event"], ignore_index=True)


def notoriety_dates(lists: Codelists) -> pd.DataFrame:
    """Dates that stimulate reports, one row per row of ``notoriety_dates``.

    Returns
    -------
    pandas.DataFrame
        In the order of the list, numbered by ``date_no`` from 1. ``kind``:
        ``substance``, ``class`` (all members of ``class:<id>``), ``background`` (a
        substance that is no therapy of the list) or ``database`` (no ingredient). A
        date may be a year or a month: ``first_day`` is the first day that it can mean,
        what comes *before* it is compared with that one; ``last_day`` the last one,
        for *after*. ``window_last_day``: a year after it. ``first_no`` and
        ``last_no``: quarters of the two.

    Raises
    ------
    CodelistError
        If a date is none, or a row names no therapy, class or other subject.
    """
    therapies = set(lists["therapies"].table["ingredient"])
    classes = set(lists["therapy_classes"].table["class_id"])
    rows: list[dict[str, object]] = []
    for place, row in _placed(lists["notoriety_dates"]):
        kind, ingredient = _subject(place, row["ingredient"], therapies, classes)
        first, last = _days(place, row["date"])
        rows.append(
            {
                "date_no": len(rows) + 1,
                "kind": kind,
                "ingredient": ingredient,
                "first_day": first,
                "last_day": last,
                "date_text": row["date"],
                "window_last_day": _a_year_later(last),
                "first_no": _quarter(first).ordinal,
                "last_no": _quarter(last).ordinal,
                "quarter": str(_quarter(first)),
                **{name: row[name] for name in ("what", "source", "certainty")},
            }
        )
    return _frame(rows, NOTORIETY_COLUMNS)


def notoriety_drugs(lists: Codelists) -> pd.DataFrame:
    """Scored drugs that each date of notoriety concerns.

    Returns
    -------
    pandas.DataFrame
        ``drug``, ``date_no`` of `notoriety_dates`; sorted. A date of a substance
        concerns the classes that it is a member of, too; a date of a class concerns
        its members and every class with one of them. Dates of the background and of
        the database concern none.
    """
    members = drug_members(lists)
    therapies = members.groupby("drug")["therapy"].agg(set)
    rows = [
        (drug, row.date_no)
        for row in notoriety_dates(lists).itertuples()
        for drug, own in therapies.items()
        if row.kind in ("substance", "class")
        and (row.ingredient in own or own & therapies.get(row.ingredient, set()))
    ]
    return pd.DataFrame(sorted(rows), columns=["drug", "date_no"])


def check_labelling_dates(lists: Codelists) -> None:
    """Refuse dates, jurisdictions and subjects that mean nothing.

    Raises
    ------
    CodelistError
        As `label_dates` and `notoriety_dates`.
    """
    label_dates(lists)
    notoriety_dates(lists)


@dataclass(frozen=True)
class _Events:
    """Events of the analysis, and what a bare name of a list stands for."""

    named: Mapping[str, str]
    level: Mapping[str, str]
    label: Mapping[str, str]
    group: Mapping[str, str]
    of_group: Mapping[str, list[str]]
    has_neoplasms: bool

    @classmethod
    def of(cls, lists: Codelists) -> _Events:
        catalogue = event_catalogue(lists)
        group = dict(zip(catalogue["event"], catalogue["group_id"], strict=True))
        of_group: dict[str, list[str]] = {}
        for event, name in group.items():
            if name:
                of_group.setdefault(name, []).append(event)
        return cls(
            named=event_of_name(lists),
            level=dict(zip(catalogue["event"], catalogue["event_level"], strict=True)),
            label=dict(zip(catalogue["event"], catalogue["label"], strict=True)),
            group=group,
            of_group=of_group,
            has_neoplasms=NEOPLASMS in lists.events,
        )

    def counted(self, place: str, name: str) -> tuple[str | None, str]:
        """Level and name under which a bare name is counted."""
        event = self.named.get(name, name)
        if event not in self.level and self.has_neoplasms:
            raise CodelistError(
                f"{place}: '{name}' stands for no group or supergroup that is counted;"
                " correct it"
            )
        return self.level.get(event), event


def _placed(codelist: Codelist) -> Iterator[tuple[str, dict[str, str]]]:
    """Place and cells of each row."""
    records = codelist.table.to_dict("records")
    for number, row in enumerate(records, start=2):
        cells = {str(key): str(value) for key, value in row.items()}
        yield f"{codelist.file} line {number}", cells


def _frame(rows: list[dict[str, object]], columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(
        {name: pd.Series([row[name] for row in rows], dtype=object) for name in columns}
    )


def _key(row: Mapping[str, object]) -> tuple[object, object]:
    return row["ingredient"], row["listed_name"]


def _label_row(place: str, row: dict[str, str], events: _Events) -> dict[str, object]:
    if row["jurisdiction"] not in JURISDICTIONS:
        raise CodelistError(
            f"{place}: jurisdiction '{row['jurisdiction']}' is none of"
            f" {', '.join(JURISDICTIONS)}; correct it"
        )
    if bool(row["date_from"]) != bool(row["date_precision"]):
        raise CodelistError(
            f"{place}: date_from and date_precision must both be given or both be"
            " empty; fill in the other"
        )
    day = _day(place, row["date_from"]) if row["date_from"] else None
    level, event = events.counted(place, row["event"])
    is_broad = row["event"] == _AT_LARGE and row["scope"] == "specific"
    return {
        "ingredient": row["ingredient"],
        "event_level": level,
        "event": event,
        "event_label": events.label.get(event),
        "listed_name": row["event"],
        "jurisdiction": row["jurisdiction"],
        "scope": row["scope"],
        "wording": "broad" if is_broad else row["scope"],
        "known_from_date": day,
        "date_precision": row["date_precision"] or None,
        "date_text": row["date_from"][: _LENGTH.get(row["date_precision"], 0)] or None,
        "known_from_no": _quarter(day).ordinal if day else None,
        "known_from_quarter": str(_quarter(day)) if day else None,
        "certainty": row["certainty"] or None,
        "note": row["note"] or None,
    }


def _undated(lists: Codelists, events: _Events) -> Iterator[dict[str, object]]:
    """Groups that the list for readers calls labelled; each once an ingredient."""
    seen: set[tuple[object, object]] = set()
    for place, row in _placed(lists["label_malignancy"]):
        for name in split(row["labelled_groups"]):
            level, event = events.counted(place, name)
            undated: dict[str, object] = dict.fromkeys(LABEL_COLUMNS)
            undated |= {
                "ingredient": row["ingredient"],
                "event_level": level,
                "event": event,
                "event_label": events.label.get(event),
                "listed_name": name,
                "scope": "undated",
                "wording": "undated",
                "certainty": row["certainty"] or None,
                "note": f"labelled by the list for readers ({row['brand']}), no date",
            }
            if _key(undated) not in seen:
                seen.add(_key(undated))
                yield undated


def _subject(
    place: str, name: str, therapies: set[str], classes: set[str]
) -> tuple[str, str | None]:
    """Kind and ingredient of a row of ``notoriety_dates``."""
    other = _OTHER_SUBJECT.fullmatch(name)
    if name in therapies:
        return "substance", name
    if name.startswith(CLASS_PREFIX) and name.removeprefix(CLASS_PREFIX) in classes:
        return "class", name
    if other and (other["kind"] == "background") == bool(other["name"]):
        return other["kind"], other["name"]
    raise CodelistError(
        f"{place}: ingredient '{name}' is no therapy, no {CLASS_PREFIX}<id> of the list"
        " of classes, no '(background) <substance>' and no '(database)'; correct it"
    )


def _days(place: str, text: str) -> tuple[dt.date, dt.date]:
    """First and last day that a year, a month or a day can mean."""
    found = _DATE_TEXT.fullmatch(text)
    year, month, day = found.groups() if found else ("", None, None)
    first = _day(place, f"{year}-{month or '01'}-{day or '01'}", text)
    if day:
        return first, first
    last = 12 if month is None else first.month
    return first, dt.date(first.year, last, calendar.monthrange(first.year, last)[1])


def _day(place: str, day: str, text: str | None = None) -> dt.date:
    try:
        return dt.datetime.strptime(day, "%Y-%m-%d").date()  # noqa: DTZ007
    except ValueError as error:
        raise CodelistError(
            f"{place}: '{day if text is None else text}' is no date; write it as"
            " 2024-06-30"
        ) from error


def _a_year_later(day: dt.date) -> dt.date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


def _quarter(day: dt.date) -> Quarter:
    return Quarter(day.year, (day.month + 2) // 3)


def _events_of_listed_terms(lists: Codelists) -> pd.DataFrame:
    """Events of every term that a list holds, in the columns of `events_of_terms`."""
    choices = [choice.terms for choice in lists.events.values() if choice.terms]
    tables = [lists["neoplasm_pts"].table, *(lists.files[c].table for c in choices)]
    terms = [normalise_term(pt) for table in tables for pt in table["pt"]]
    return events_of_terms(classify_terms(terms, lists), lists)


def _malignant_events(lists: Codelists) -> set[str]:
    """Incident malignant groups, and supergroups mostly of malignant terms."""
    if NEOPLASMS not in lists.events:
        return set()
    catalogue = event_catalogue(lists)
    groups = set(catalogue["event"][catalogue["behaviour"] == "malignant"])
    pts = lists["neoplasm_pts"].table
    is_malignant: dict[str, list[bool]] = {}
    for names, behaviour in zip(pts["supergroups"], pts["behaviour"], strict=True):
        for name in split(names):
            is_malignant.setdefault(name, []).append(behaviour == "malignant")
    own = event_names(lists)[1]
    return groups | {
        supergroup_event(name)
        for name, flags in is_malignant.items()
        if 2 * sum(flags) > len(flags) and name not in own
    }
