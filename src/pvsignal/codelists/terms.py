"""What a reaction or indication term means, and to which events it belongs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property

import pandas as pd

from pvsignal.analysis import NEOPLASMS
from pvsignal.codelists.events import (
    event_names,
    listed_events,
    listed_terms,
    rows_of_listed_terms,
)
from pvsignal.codelists.names import normalise_term, split, supergroup_event
from pvsignal.codelists.schema import Codelists

BEHAVIOUR_SUFFIX: Mapping[str, str] = {
    "malignant": "",
    "in_situ_premalignant": ":in_situ",
    "uncertain": ":uncertain",
    "benign": ":benign",
}

# Supergroups of a new term whose group has no row for its behaviour.
_SUPERGROUPS_OF_BEHAVIOUR: Mapping[str, frozenset[str]] = {
    "malignant": frozenset(
        {"any_malignancy", "any_malignancy_excl_nmsc", "any_malignancy_incl_secondary"}
    ),
    "in_situ_premalignant": frozenset({"premalignant"}),
    "uncertain": frozenset({"uncertain_behaviour"}),
    "benign": frozenset({"benign"}),
}

# Groups whose metastatic forms name no primary site.
_NO_SITE = frozenset({"metastasis", "malignancy_unspecified"})

_METASTATIC = re.compile(r"metasta\w*", re.IGNORECASE)
_RECURRENCE = re.compile(r"recurren|refractory|remission|relaps", re.IGNORECASE)
_AFTER_BENIGN = "after deleting the word 'benign': "

_COLUMNS = [
    "term",
    "listed",
    "event_class",
    "not_event_reason",
    "group_id",
    "behaviour",
    "is_secondary",
    "is_recurrence",
    "is_incident",
    "rule",
    "event_list",
    "indication_rule",
    "ms_flag",
    "is_oncology_indication",
    "is_other_disease",
    "has_neoplasm_word",
]


@dataclass(frozen=True)
class _Event:
    """A term seen as a reaction."""

    event_class: str
    rule: str
    not_event_reason: str = ""
    group_id: str = ""
    behaviour: str = ""
    is_secondary: bool = False
    is_recurrence: bool = False
    is_incident: bool = False


class _Rules:
    """Neoplasm rules for terms that the list of PTs does not hold."""

    def __init__(self, table: pd.DataFrame) -> None:
        self._table = table

    def _compiled(self, kind: str) -> list[tuple[str, re.Pattern[str], str]]:
        rows = self._table[self._table["kind"] == kind]
        return [
            (entry, re.compile(pattern, re.IGNORECASE), unless)
            for entry, pattern, unless in zip(
                rows["entry"], rows["pattern"], rows["unless"], strict=True
            )
        ]

    def _single(self, kind: str) -> re.Pattern[str]:
        return self._compiled(kind)[0][1]

    @cached_property
    def _overrides(self) -> list[tuple[str, re.Pattern[str], str]]:
        return self._compiled("override")

    @cached_property
    def _negative(self) -> list[tuple[str, re.Pattern[str], str]]:
        return self._compiled("negative")

    @cached_property
    def _groups(self) -> list[tuple[str, re.Pattern[str], str]]:
        return self._compiled("group")

    @cached_property
    def _behaviours(self) -> list[tuple[str, re.Pattern[str], str]]:
        return self._compiled("behaviour")

    @cached_property
    def _lexicon(self) -> re.Pattern[str]:
        return self._single("lexicon")

    @cached_property
    def _keep(self) -> re.Pattern[str]:
        return self._single("keep_despite_cyst")

    @cached_property
    def _secondary(self) -> re.Pattern[str]:
        return self._single("secondary_or_progression")

    def classify(self, term: str) -> _Event:
        """Class of a term by the steps that the rules file states under ``how``."""
        text = term.lower()
        for entry, pattern, _ in self._overrides:
            if pattern.search(text):
                group, behaviour = entry.split("|")
                return self._neoplasm(text, group, behaviour, rule="override")
        for reason, pattern, _ in self._negative:
            if not pattern.search(text):
                continue
            if reason.startswith("cyst_polyp") and self._keep.search(text):
                continue
            return _Event("not_event", f"negative:{reason}", reason)
        if not self._lexicon.search(text):
            return _Event("", "no neoplasm word")
        for entry, pattern, _ in self._groups:
            if pattern.search(text):
                group = entry.split("|")[0]
                behaviour = self._behaviour(text)
                return self._neoplasm(text, group, behaviour, rule=f"group:{group}")
        return _Event("", "no group")

    def has_word(self, term: str) -> bool:
        """Whether a word of the lexicon of neoplasms stands in a term."""
        return bool(self._lexicon.search(term.lower()))

    def _behaviour(self, text: str) -> str:
        for behaviour, pattern, unless in self._behaviours:
            if not pattern.search(text):
                continue
            rest = text
            if unless.startswith(_AFTER_BENIGN):
                unless = unless.removeprefix(_AFTER_BENIGN)
                rest = text.replace("benign", "")
            if not (unless and re.search(unless, rest, re.IGNORECASE)):
                return behaviour
        return "uncertain"

    def _neoplasm(self, text: str, group: str, behaviour: str, *, rule: str) -> _Event:
        # "Breast cancer metastatic" counts as its site, "Metastases to breast" not.
        words = text if group in _NO_SITE else _METASTATIC.sub("", text)
        secondary = bool(self._secondary.search(words))
        return _neoplasm(
            group,
            behaviour,
            is_secondary=secondary,
            is_incident=behaviour == "malignant"
            and not secondary
            and group != "metastasis",
            term=text,
            rule=rule,
        )


def _neoplasm(
    group: str,
    behaviour: str,
    *,
    is_secondary: bool,
    is_incident: bool,
    term: str,
    rule: str,
) -> _Event:
    return _Event(
        "neoplasm",
        rule,
        group_id=group,
        behaviour=behaviour,
        is_secondary=is_secondary,
        is_recurrence=is_secondary and bool(_RECURRENCE.search(term)),
        is_incident=is_incident,
    )


def _listed_events(lists: Codelists) -> dict[str, _Event]:
    """Events of the listed PTs by normalised term."""
    events: dict[str, _Event] = {}
    for row in lists["neoplasm_pts"].table.to_dict("records"):
        term = normalise_term(row["pt"])
        if row["event_class"] == "not_event":
            events[term] = _Event("not_event", "list", row["not_event_reason"])
            continue
        events[term] = _neoplasm(
            row["group_id"],
            row["behaviour"],
            is_secondary=row["secondary_or_progression"] == "1",
            is_incident=row["incident_malignancy"] != "N",
            term=term,
            rule="list",
        )
    return events


@dataclass(frozen=True)
class _TermList:
    """Terms and patterns with a label each; a term goes before the patterns."""

    labels: Mapping[str, str]
    patterns: tuple[tuple[re.Pattern[str], str], ...]

    def label(self, term: str) -> str:
        """Label of a normalised term, empty where nothing matches."""
        if term in self.labels:
            return self.labels[term]
        return self.label_by_pattern(term)

    def label_by_pattern(self, term: str) -> str:
        """Label of the first pattern that matches."""
        found = (label for pattern, label in self.patterns if pattern.search(term))
        return next(found, "")


def _term_list(table: pd.DataFrame, label: str) -> _TermList:
    rows = list(zip(table["term"], table["kind"], table[label], strict=True))
    # Where patterns of several labels match, "include" decides, then "uncertain"; a
    # pattern that was looked at and rejected ("N") decides over those that are in.
    order = {"include": 0, "N": 0, "uncertain": 1}
    return _TermList(
        {normalise_term(term): value for term, kind, value in rows if kind == "term"},
        tuple(
            (re.compile(term, re.IGNORECASE), value)
            for term, kind, value in sorted(rows, key=lambda r: order.get(r[2], 2))
            if kind == "regex"
        ),
    )


def _is_oncology(term: str, event: _Event, oncology: _TermList) -> bool:
    if event.event_class == "neoplasm" and event.behaviour != "benign":
        return True
    if term in oncology.labels:
        return oncology.labels[term] == "Y"
    # What the neoplasm list or rules know as benign or as no event stays so.
    return not event.event_class and oncology.label_by_pattern(term) == "Y"


def classify_terms(terms: Iterable[str], lists: Codelists) -> pd.DataFrame:
    """Meaning of terms, as reactions and as indications.

    Parameters
    ----------
    terms
        Normalised terms (`normalise_term`), repeats allowed.
    lists
        All code lists.

    Returns
    -------
    pandas.DataFrame
        One row per distinct term, sorted. ``listed``: a list of terms holds it.
        ``event_class``: ``neoplasm``, ``event`` (of a further list), ``not_event``
        (looks like one and is none, with ``not_event_reason``) or empty. ``group_id``
        of both, ``behaviour`` of a neoplasm;
        ``is_secondary`` (metastasis, progression, recurrence), ``is_recurrence``
        (recurrent, refractory, relapsed or in remission), ``is_incident`` (a
        malignancy that counts as new, metastatic forms of a named site included).
        ``rule``: what decided. ``event_list`` and ``indication_rule``: the set of
        events of the analysis that the term belongs to, and its rule; empty for a term
        that is no event of it. ``ms_flag``: ``include``, ``uncertain`` or ``exclude``
        as an indication of the list of indications, empty for all others.
        ``is_oncology_indication``: a neoplasm that is not benign, or a listed oncology
        term. ``is_other_disease``: a listed disease other than those.
        ``has_neoplasm_word``: a word of the lexicon stands in it, whatever it means.
    """
    listed = _listed_events(lists)
    rules = _Rules(lists["neoplasm_rules"].table)
    further = listed_terms(lists)
    flags = _term_list(lists["indications"].table, "flag")
    oncology = _term_list(lists["oncology_indications"].table, "included")
    others = _term_list(lists["other_disease_indications"].table, "included")
    rows = []
    for term in sorted(set(terms)):
        event = listed.get(term) or rules.classify(term)
        flag = flags.label(term)
        is_ms = flag == "include"
        is_oncology = _is_oncology(term, event, oncology)
        is_neoplasm = event.event_class == "neoplasm"
        belongs = (NEOPLASMS, lists.neoplasm_rule or "") if is_neoplasm else ("", "")
        if not belongs[1]:
            belongs = ("", "")
        own = further.get(term)
        if own and not own.rejected:
            event = _Event("event", "list", group_id=own.group_id)
            belongs = (own.event_list, own.indication_rule)
        elif own and not is_neoplasm:
            event = _Event("not_event", "list", own.rejected)
        rows.append(
            {
                "term": term,
                "listed": term in listed or own is not None,
                **asdict(event),
                "event_list": belongs[0],
                "indication_rule": belongs[1],
                "ms_flag": flag,
                "is_oncology_indication": not is_ms and is_oncology,
                "is_other_disease": not is_ms
                and (flag == "exclude" or others.label(term) == "Y"),
                "has_neoplasm_word": rules.has_word(term),
            }
        )
    return pd.DataFrame(rows, columns=_COLUMNS)


def _supergroups(
    lists: Codelists,
) -> tuple[Mapping[str, frozenset[str]], Mapping[tuple[str, str], frozenset[str]]]:
    """Supergroups of each listed term, and of each (group, behaviour)."""
    pts = lists["neoplasm_pts"].table
    groups = lists["neoplasm_groups"].table
    of_term = {
        normalise_term(pt): frozenset(split(names))
        for pt, names in zip(pts["pt"], pts["supergroups"], strict=True)
    }
    of_group = {
        (group, behaviour): frozenset(split(names))
        for group, behaviour, names in zip(
            groups["group_id"],
            groups["behaviour"],
            groups["supergroups"],
            strict=True,
        )
    }
    return of_term, of_group


def events_of_terms(terms: pd.DataFrame, lists: Codelists) -> pd.DataFrame:
    """Events that each neoplasm term belongs to.

    Parameters
    ----------
    terms
        Result of `classify_terms`.
    lists
        All code lists.

    Returns
    -------
    pandas.DataFrame
        ``event_level`` (``pt``, ``group``, ``supergroup``), ``event``, ``term``;
        sorted. Each term of an event is its own PT event. Recurrence, progression and
        metastasis terms are in no group event. Supergroups of listed terms are those
        of the list; of others, those of their group and behaviour.
    """
    of_term, of_group = _supergroups(lists)
    rows = rows_of_listed_terms(terms, lists)
    neoplasms = terms[terms["event_list"] == NEOPLASMS]
    for row in neoplasms.to_dict("records"):
        term, group, behaviour = row["term"], row["group_id"], row["behaviour"]
        rows.append(("pt", term, term))
        in_group = not row["is_secondary"] and (
            row["is_incident"] or behaviour != "malignant"
        )
        if in_group and (group, behaviour) in of_group:
            rows.append(("group", group + BEHAVIOUR_SUFFIX[behaviour], term))
        if row["listed"]:
            names = of_term[term]
        elif row["is_secondary"]:
            names = frozenset({"secondary_or_progression"})
            if behaviour == "malignant":
                names |= {"any_malignancy_incl_secondary"}
        else:
            names = of_group.get(
                (group, behaviour), _SUPERGROUPS_OF_BEHAVIOUR[behaviour]
            )
        rows += [("supergroup", supergroup_event(name), term) for name in names]
    return pd.DataFrame(
        sorted(rows), columns=["event_level", "event", "term"], dtype=str
    )


def event_catalogue(lists: Codelists) -> pd.DataFrame:
    """All group and supergroup events.

    Returns
    -------
    pandas.DataFrame
        ``event_level``, ``event``, ``label``, ``group_id`` and ``behaviour`` (both
        empty for supergroups); sorted by level and event.
    """
    rows = [
        (one.level, one.event, one.label, one.group_id, "")
        for one in listed_events(lists)
    ]
    if lists.neoplasm_rule is not None:
        rows += _neoplasm_events(lists)
    return pd.DataFrame(
        sorted(rows),
        columns=["event_level", "event", "label", "group_id", "behaviour"],
        dtype=str,
    )


def _neoplasm_events(lists: Codelists) -> list[tuple[str, str, str, str, str]]:
    groups = lists["neoplasm_groups"].table
    rows = []
    for row in groups.to_dict("records"):
        group, behaviour = row["group_id"], row["behaviour"]
        if behaviour not in BEHAVIOUR_SUFFIX:
            continue
        if behaviour == "malignant" and row["count_as_incident_malignancy"] == "N":
            # Metastases without a site: the event is all_secondary_or_progression.
            continue
        label = row["label"]
        if behaviour != "malignant":
            label += f" ({behaviour.removesuffix('_premalignant').replace('_', ' ')})"
        event = group + BEHAVIOUR_SUFFIX[behaviour]
        rows.append(("group", event, label, group, behaviour))
    supergroups = lists["neoplasm_supergroups"].table
    for name, label in zip(
        supergroups["supergroup"], supergroups["label"], strict=True
    ):
        rows.append(("supergroup", supergroup_event(name), label, "", ""))
    return rows


def litigated_events(lists: Codelists, certainty: Sequence[str]) -> pd.DataFrame:
    """Events from whose populations the reports of litigated drugs are taken out.

    A name in the list means the group in all behaviours, its PTs, and the supergroup of
    that name; ``metastasis`` is no group event and stands for
    ``all_secondary_or_progression``. Rows with ``included = N`` (a true effect, shown
    as sensitivity only) are left out.

    Parameters
    ----------
    lists
        All code lists.
    certainty
        Certainties that count, such as ``("high", "medium")``.

    Returns
    -------
    pandas.DataFrame
        ``ingredient``, ``year_from``, ``year_to`` (receipt years, both included),
        ``event_level`` (``group``, ``supergroup``, or ``group_pts``: the PTs of the
        group ``event`` in any behaviour), ``event``; sorted.
    """
    catalogue = event_catalogue(lists)
    of_group: dict[str, list[tuple[str, str]]] = {}
    for group, event in zip(catalogue["group_id"], catalogue["event"], strict=True):
        of_group.setdefault(group, []).append(("group", event))
    groups, supergroups = event_names(lists)
    groups |= set(lists["neoplasm_groups"].table["group_id"])
    supergroups |= set(lists["neoplasm_supergroups"].table["supergroup"])
    drugs = lists["litigated_drugs"].table
    drugs = drugs[drugs["certainty"].isin(list(certainty)) & (drugs["included"] == "Y")]
    rows: set[tuple[str, int, int, str, str]] = set()
    for row in drugs.to_dict("records"):
        years = (row["ingredient"], int(row["year_from"]), int(row["year_to"]))
        for name in split(row["event_groups"]):
            events = list(of_group.get(name, []))
            if name in groups:
                events.append(("group_pts", name))
            if name in supergroups:
                events.append(("supergroup", supergroup_event(name)))
            if name == "metastasis":
                events.append(("supergroup", "all_secondary_or_progression"))
            rows |= {(*years, level, event) for level, event in events}
    frame = pd.DataFrame(
        sorted(rows),
        columns=["ingredient", "year_from", "year_to", "event_level", "event"],
    )
    # Without a row a column would have no type to be compared with.
    whole = {"year_from": "int64", "year_to": "int64"}
    texts = {"ingredient": "str", "event_level": "str", "event": "str"}
    return frame.astype(whole | texts)
