"""Events of further lists: terms in groups, groups in supergroups, no behaviour.

A list of terms says which preferred terms make up a group; a list of groups gives their
labels and puts them into supergroups. Neoplasms have lists and rules of their own
(`terms`); a term is an event of one list only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from pvsignal.analysis import EventChoice
from pvsignal.codelists.names import normalise_term, split, supergroup_event
from pvsignal.codelists.schema import Codelist, Codelists
from pvsignal.errors import CodelistError

_ID = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class ListedTerm:
    """What a list of terms says of a term.

    Attributes
    ----------
    event_list, indication_rule
        Set of events of the analysis, and its rule.
    group_id
        Group of the term.
    rejected
        Why the term was looked at and is no event; empty for an event.
    """

    event_list: str
    indication_rule: str
    group_id: str
    rejected: str


@dataclass(frozen=True)
class ListedEvent:
    """A group or supergroup of a further list."""

    level: str
    event: str
    label: str
    group_id: str
    members: tuple[str, ...]
    place: str


@dataclass(frozen=True)
class _EventList:
    """One set of events with its lists."""

    name: str
    choice: EventChoice
    terms: Codelist
    groups: Codelist | None

    def rows(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Place and cells of each row of the terms."""
        return _rows(self.terms)

    def events(self) -> Iterator[ListedEvent]:
        """Groups, then supergroups; a group without a row of its own by its terms."""
        if self.groups is None:
            for group, place in self._groups_of_terms().items():
                label = group.replace("_", " ")
                label = label[:1].upper() + label[1:]
                yield ListedEvent("group", group, label, group, (group,), place)
            return
        for place, row in _rows(self.groups):
            name, is_group = row["event"], row["level"] == "group"
            if row["included"] == "Y":
                yield ListedEvent(
                    row["level"],
                    name if is_group else supergroup_event(name),
                    row["label"],
                    name if is_group else "",
                    (name,) if is_group else split(row["members"]),
                    place,
                )

    def _groups_of_terms(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for place, row in self.rows():
            if row["included"] == "Y":
                found.setdefault(row["group_id"], place)
        return dict(sorted(found.items()))


def _rows(codelist: Codelist) -> Iterator[tuple[str, dict[str, str]]]:
    records = codelist.table.to_dict("records")
    for number, row in enumerate(records, start=2):
        yield (
            f"{codelist.file} line {number}",
            {str(key): str(value) for key, value in row.items()},
        )


def _event_lists(lists: Codelists) -> Iterator[_EventList]:
    for name, choice in lists.events.items():
        if choice.terms:
            groups = lists.files[choice.groups] if choice.groups else None
            yield _EventList(name, choice, lists.files[choice.terms], groups)


def listed_terms(lists: Codelists) -> dict[str, ListedTerm]:
    """Terms of all further lists, the rejected ones too, by normalised term."""
    return {
        normalise_term(row["pt"]): ListedTerm(
            event_list=one.name,
            indication_rule=one.choice.indication_rule,
            group_id=row["group_id"] if row["included"] == "Y" else "",
            rejected=row["reason"] if row["included"] == "N" else "",
        )
        for one in _event_lists(lists)
        for _, row in one.rows()
    }


def listed_events(lists: Codelists) -> list[ListedEvent]:
    """Groups and supergroups of all further lists."""
    return [event for one in _event_lists(lists) for event in one.events()]


def event_names(lists: Codelists) -> tuple[set[str], set[str]]:
    """Names of the groups, and of the supergroups as other lists write them."""
    groups: set[str] = set()
    supergroups: set[str] = set()
    for event in listed_events(lists):
        if event.level == "group":
            groups.add(event.group_id)
        else:
            supergroups.add(event.event.removeprefix("all_"))
    return groups, supergroups


def rows_of_listed_terms(
    terms: pd.DataFrame, lists: Codelists
) -> list[tuple[str, str, str]]:
    """Level, event and term of each event that a term of a further list belongs to.

    Parameters
    ----------
    terms
        Result of `terms.classify_terms`.
    lists
        All code lists.
    """
    of_group: dict[str, list[tuple[str, str]]] = {}
    for event in listed_events(lists):
        for group in event.members:
            of_group.setdefault(group, []).append((event.level, event.event))
    names = {one.name for one in _event_lists(lists)}
    found = terms[terms["event_list"].isin(names)]
    rows = []
    for term, group in zip(found["term"], found["group_id"], strict=True):
        rows.append(("pt", term, term))
        rows += [(level, event, term) for level, event in of_group.get(group, ())]
    return rows


def check_event_lists(lists: Codelists) -> None:
    """Refuse what would make the events of further lists ambiguous.

    Raises
    ------
    CodelistError
        If a term stands in two lists or is a neoplasm of the analysis, an event has
        no group, a rejected term no reason, a group no row, or a supergroup names a
        group that its list does not hold.
    """
    before = _neoplasms(lists)
    for one in _event_lists(lists):
        for place, row in one.rows():
            _check_row(place, row)
            term = normalise_term(row["pt"])
            if row["included"] == "Y" and term in before:
                raise CodelistError(
                    f"{place}: '{row['pt']}' is already an event of {before[term]}; a"
                    " term is an event of one list: remove it from one of them"
                )
            if row["included"] == "Y":
                before[term] = place
        _check_groups(one)


def _neoplasms(lists: Codelists) -> dict[str, str]:
    if lists.neoplasm_rule is None:
        return {}
    return {
        normalise_term(row["pt"]): place
        for place, row in _rows(lists["neoplasm_pts"])
        if row["event_class"] == "neoplasm"
    }


def _check_row(place: str, row: dict[str, str]) -> None:
    if row["included"] == "Y" and not _ID.fullmatch(row["group_id"]):
        raise CodelistError(
            f"{place}: group_id '{row['group_id']}' of '{row['pt']}' is no name such as"
            " heart_failure; correct it"
        )
    if row["included"] == "N" and not row["reason"]:
        raise CodelistError(
            f"{place}: '{row['pt']}' is not included and gives no reason; state it"
        )


def _check_groups(one: _EventList) -> None:
    if one.groups is None:
        return
    listed = {event.group_id for event in one.events() if event.level == "group"}
    for place, row in one.rows():
        if row["included"] == "Y" and row["group_id"] not in listed:
            raise CodelistError(
                f"{place}: group_id '{row['group_id']}' is no included group of"
                f" {one.groups.file.name}; add it there or correct it"
            )
    for event in one.events():
        for group in event.members:
            if group not in listed:
                raise CodelistError(
                    f"{event.place}: member '{group}' is no included group of the list;"
                    " correct it"
                )
        if not event.members or not _ID.fullmatch(event.event):
            raise CodelistError(
                f"{event.place}: '{event.event}' is no name such as heart_failure, or a"
                " supergroup without members; correct it"
            )
