"""What labels said of a drug and an event by a quarter.

A pair is known where a label names its event. Broad wording and a labelled member of
the drug's class leave it open; they are told apart from no wording at all.

References
----------
docs/signals.md, "Novelty".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from pvsignal.codelists.labelling_dates import JURISDICTIONS

UNLABELLED: Final = "unlabelled"
CLASS: Final = "class_labelled"
BROAD: Final = "labelled_broad"
SPECIFIC: Final = "labelled_specific"

# By what is known, the least first; a level is a place in it.
NOVELTIES: Final = (UNLABELLED, CLASS, BROAD, SPECIFIC)

# Covers of `codelists.label_covers` that are a listing, and what they amount to.
_NAMES: Final = frozenset({"names"})
_BROAD: Final = frozenset({"broad", "other_form", "holds"})
_NAMES_A_PART: Final = frozenset({"names", "holds"})

_NEVER: Final = 32767
_GROUPS_SHOWN: Final = 3

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Labelling:
    """What labels say, and of which therapies and groups drugs and events consist.

    Attributes
    ----------
    labels
        Rows of `codelists.label_dates`: ``label_no``, ``ingredient``, ``event``,
        ``jurisdiction``, ``known_from_no``, ``date_text``, ``certainty``, ``note``.
    covers
        `codelists.label_covers`: ``label_no``, ``event``, ``cover``.
    members
        `codelists.drug_members`: ``drug_level``, ``drug``, ``therapy``.
    groups
        `codelists.supergroup_members`: ``supergroup``, ``event``.
    classes
        Drugs such as ``class:s1p_modulator`` of which a member's label speaks for the
        others.
    """

    labels: pd.DataFrame
    covers: pd.DataFrame
    members: pd.DataFrame
    groups: pd.DataFrame
    classes: tuple[str, ...]

    @cached_property
    def wording(self) -> pd.DataFrame:
        """Covers with their label rows; wording without a date is never in force."""
        rows = self.covers.merge(
            self.labels.rename(columns={"event": "named"}), on="label_no"
        )
        first = pd.to_numeric(rows["known_from_no"]).fillna(_NEVER).astype("int64")
        return rows.assign(known_from_no=first)

    def said_of(self) -> Mapping[tuple[str, str], list[dict[str, Any]]]:
        """Wording by therapy and event, the earliest first."""
        columns = ["known_from_no", "jurisdiction", "label_no"]
        ordered = self.wording.sort_values(columns, kind="stable")
        found: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for row in ordered.to_dict("records"):
            cells = {str(key): value for key, value in row.items()}
            found.setdefault((row["ingredient"], row["event"]), []).append(cells)
        return found


def judge(rows: pd.DataFrame, labelling: Labelling) -> pd.DataFrame:
    """Novelty of pairs as of quarters.

    Parameters
    ----------
    rows
        ``drug``, ``event``, ``quarter_no``, ``a`` (reports of comparator A, missing as
        0) of every pair, classes and groups included: what a supergroup or a class
        comes to depends on the groups and members that were reported by then.
        ``is_asked``: rows to answer.
    labelling
        What labels say.

    Returns
    -------
    pandas.DataFrame
        One row per asked row, in order: ``drug``, ``event``, ``quarter_no``,
        ``novelty``, ``novelty_us``, ``novelty_eu`` (of `NOVELTIES`) and
        ``novelty_words``. ``novelty`` takes both jurisdictions together: a supergroup
        of which each label names another group is named.
    """
    axes = _Axes.of(rows, labelling)
    reported = axes.reported(rows)
    asked = rows[rows["is_asked"].to_numpy(dtype=bool)]
    places = axes.places(asked)
    named = {x: axes.in_force(labelling, _NAMES, (x,)) for x in JURISDICTIONS}
    covered = {x: axes.in_force(labelling, _BROAD, (x,)) for x in JURISDICTIONS}
    parts = {x: axes.in_force(labelling, _NAMES_A_PART, (x,)) for x in JURISDICTIONS}
    result = asked[["drug", "event", "quarter_no"]].reset_index(drop=True)
    levels: dict[str, npt.NDArray[np.int8]] = {}
    for column, which in (
        ("novelty", JURISDICTIONS),
        *((f"novelty_{x.lower()}", (x,)) for x in JURISDICTIONS),
    ):
        found = axes.levels(
            reported,
            named=np.logical_or.reduce([named[x] for x in which]),
            covered=np.logical_or.reduce([covered[x] for x in which]),
            parts=np.logical_or.reduce([parts[x] for x in which]),
        )
        levels[column] = found[places]
        result[column] = np.array(NOVELTIES, dtype=object)[levels[column]]
    writer = _Writer(axes, labelling, reported)
    result["novelty_words"] = [
        writer.words(drug, event, quarter, level=level)
        for drug, event, quarter, level in zip(
            result["drug"],
            result["event"],
            result["quarter_no"],
            levels["novelty"],
            strict=True,
        )
    ]
    return result


def novelty_of(rows: pd.DataFrame, labelling: Labelling) -> npt.NDArray[np.object_]:
    """Novelty of every row of `judge`, asked or not, both jurisdictions together."""
    axes = _Axes.of(rows, labelling)
    found = axes.levels(
        axes.reported(rows),
        named=axes.in_force(labelling, _NAMES, JURISDICTIONS),
        covered=axes.in_force(labelling, _BROAD, JURISDICTIONS),
        parts=axes.in_force(labelling, _NAMES_A_PART, JURISDICTIONS),
    )
    names: npt.NDArray[np.object_] = np.array(NOVELTIES, dtype=object)
    return names[found[axes.places(rows)]]


@dataclass(frozen=True)
class _Axes:
    """Therapies, classes, events and quarters as places in arrays.

    Arrays of therapies have the shape (therapies, events, quarters). In `members` a
    class is a row and a therapy a column, in `groups` a supergroup and one of its
    groups are two events; `mates` are therapies with a class of one mechanism in
    common.
    """

    therapies: pd.Index
    classes: pd.Index
    events: pd.Index
    quarters: npt.NDArray[np.int64]
    members: Flags
    mates: Flags
    groups: Flags

    @classmethod
    def of(cls, rows: pd.DataFrame, labelling: Labelling) -> _Axes:
        members = labelling.members
        is_class = members["drug_level"] == "class"
        therapies = pd.Index(sorted(set(members["therapy"][~is_class])))
        classes = pd.Index(sorted(set(members["drug"][is_class])))
        events = pd.Index(sorted(rows["event"].unique()))
        in_class = np.zeros((len(classes), len(therapies)), dtype=bool)
        of_class = members[is_class]
        in_class[
            _places(classes, of_class["drug"]), _places(therapies, of_class["therapy"])
        ] = True
        alike = in_class[classes.isin(list(labelling.classes))]
        together = alike.T.astype(np.int64) @ alike.astype(np.int64) > 0
        mates = together & ~np.eye(len(therapies), dtype=bool)
        groups = np.zeros((len(events), len(events)), dtype=bool)
        known = labelling.groups[
            labelling.groups["supergroup"].isin(events)
            & labelling.groups["event"].isin(events)
        ]
        groups[
            _places(events, known["supergroup"]), _places(events, known["event"])
        ] = True
        quarters = np.unique(rows["quarter_no"].to_numpy(dtype=np.int64))
        return cls(therapies, classes, events, quarters, in_class, mates, groups)

    @property
    def shape(self) -> tuple[int, int, int]:
        return len(self.therapies), len(self.events), len(self.quarters)

    @cached_property
    def drugs(self) -> pd.Index:
        """Therapies, then classes: the first axis of what is judged."""
        return self.therapies.append(self.classes)

    def places(self, rows: pd.DataFrame) -> tuple[npt.NDArray[np.intp], ...]:
        """Places of rows among drugs, events and quarters."""
        return (
            _places(self.drugs, rows["drug"]),
            _places(self.events, rows["event"]),
            np.searchsorted(self.quarters, rows["quarter_no"].to_numpy()),
        )

    def reported(self, rows: pd.DataFrame) -> Flags:
        """Whether a therapy and an event were reported together by a quarter."""
        found = np.zeros(self.shape, dtype=bool)
        own = rows[rows["drug"].isin(self.therapies) & (rows["a"].fillna(0) > 0)]
        found[self.places(own)] = True
        return found

    def in_force(
        self, labelling: Labelling, covers: frozenset[str], which: Sequence[str]
    ) -> Flags:
        """Whether a label of some jurisdictions covers an event by a quarter."""
        wording = labelling.wording
        rows = wording[
            wording["cover"].isin(covers)
            & wording["jurisdiction"].isin(which)
            & wording["ingredient"].isin(self.therapies)
            & wording["event"].isin(self.events)
        ]
        first = np.full(self.shape[:2], _NEVER, dtype=np.int64)
        np.minimum.at(
            first,
            (
                _places(self.therapies, rows["ingredient"]),
                _places(self.events, rows["event"]),
            ),
            rows["known_from_no"].to_numpy(dtype=np.int64),
        )
        in_force: Flags = self.quarters >= first[:, :, np.newaxis]
        return in_force

    def levels(
        self, reported: Flags, *, named: Flags, covered: Flags, parts: Flags
    ) -> npt.NDArray[np.int8]:
        """Places in `NOVELTIES`, of shape (drugs, events, quarters)."""
        n_groups = _count(self.groups, reported)
        all_named = (n_groups > 0) & (_count(self.groups, reported & named) == n_groups)
        in_part = _any(self.groups, reported & parts)
        specific = named | all_named
        broad = covered | in_part
        by_mate = _any_of_first(self.mates, named)
        of_mate = by_mate | _any(self.groups, reported & by_mate)
        own = np.select([specific, broad, of_mate], [3, 2, 1], default=0)

        n_members = _count_of_first(self.members, reported)
        all_members = _count_of_first(self.members, reported & specific) == n_members
        all_known = _count_of_first(self.members, reported & (own >= 2)) == n_members
        is_reported = n_members > 0
        pooled = np.select(
            [
                is_reported & all_members,
                _any_of_first(self.members, specific | in_part),
                is_reported & all_known,
            ],
            [3, 1, 2],
            default=0,
        )
        return np.concatenate([own, pooled]).astype(np.int8)


def _places(index: pd.Index, names: pd.Series) -> npt.NDArray[np.intp]:
    return index.get_indexer(pd.Index(names))


def _count(places: Flags, flags: Flags) -> npt.NDArray[np.float32]:
    """Number of set events of each event's row in `places`, by therapy and quarter."""
    counted = np.zeros((flags.shape[0], places.shape[0], flags.shape[2]), np.float32)
    some = places.any(axis=1)
    counted[:, some] = np.matmul(
        places[some].astype(np.float32), flags.astype(np.float32)
    )
    return counted


def _any(places: Flags, flags: Flags) -> Flags:
    found: Flags = _count(places, flags) > 0
    return found


def _count_of_first(places: Flags, flags: Flags) -> npt.NDArray[np.float32]:
    """Number of set therapies of each row in `places`, by event and quarter."""
    counted: npt.NDArray[np.float32] = np.tensordot(
        places.astype(np.float32), flags.astype(np.float32), axes=1
    )
    return counted


def _any_of_first(places: Flags, flags: Flags) -> Flags:
    found: Flags = _count_of_first(places, flags) > 0
    return found


@dataclass(frozen=True)
class _Writer:
    """Says in words what a level rests on."""

    axes: _Axes
    labelling: Labelling
    reported: Flags
    written: dict[tuple[object, ...], str] = field(default_factory=dict)

    @cached_property
    def _said(self) -> Mapping[tuple[str, str], list[dict[str, Any]]]:
        return self.labelling.said_of()

    @cached_property
    def _labelled(self) -> frozenset[str]:
        return frozenset(therapy for therapy, _ in self._said)

    @cached_property
    def _starts(self) -> npt.NDArray[np.int64]:
        """Quarters in which some wording begins to count."""
        starts: npt.NDArray[np.int64] = np.unique(
            self.labelling.wording["known_from_no"].to_numpy()
        )
        return starts

    @cached_property
    def _members(self) -> Mapping[str, list[str]]:
        """Therapies of each drug; a substance is its own."""
        members = self.labelling.members
        return _lists(members["drug"], members["therapy"])

    @cached_property
    def _mates(self) -> Mapping[str, list[tuple[str, str]]]:
        """Class and therapy of the others in the classes of one mechanism."""
        found: dict[str, list[tuple[str, str]]] = {}
        for name in self.labelling.classes:
            members = self._members.get(name, [])
            for therapy in members:
                others = [(name, other) for other in members if other != therapy]
                found.setdefault(therapy, []).extend(others)
        return found

    @cached_property
    def _therapy_place(self) -> Mapping[str, int]:
        return {name: place for place, name in enumerate(self.axes.therapies)}

    @cached_property
    def _event_place(self) -> Mapping[str, int]:
        return {name: place for place, name in enumerate(self.axes.events)}

    @cached_property
    def _event_names(self) -> list[str]:
        return [str(name) for name in self.axes.events]

    @cached_property
    def _groups(self) -> Mapping[str, npt.NDArray[np.intp]]:
        """Places of the groups of each supergroup; a group has none."""
        return {
            event: np.flatnonzero(self.axes.groups[place])
            for event, place in self._event_place.items()
        }

    def words(self, drug: str, event: str, quarter: int, *, level: int) -> str:
        """One line: which label says what since when, by a quarter."""
        place = int(np.searchsorted(self.axes.quarters, quarter))
        own = np.array([self._therapy_place[name] for name in self._members[drug]])
        events = np.append(self._groups[event], self._event_place[event])
        # Words change where wording begins, or where a group or a member is reported.
        n_begun = int(np.searchsorted(self._starts, quarter, side="right"))
        state = self.reported[own[:, np.newaxis], events, place].tobytes()
        key = (drug, event, level, n_begun, state)
        if key not in self.written:
            self.written[key] = self._words(drug, event, quarter, level=level)
        return self.written[key]

    def _words(self, drug: str, event: str, quarter: int, *, level: int) -> str:
        is_class = drug not in self._therapy_place
        say = self._of_class if is_class else self._of_therapy
        found = say(drug, event, quarter, level=level)
        members = self._members[drug]
        notes = self._notes(members, event, quarter) if level == 0 else []
        return "; ".join([found, *notes])

    def _of_therapy(self, drug: str, event: str, quarter: int, *, level: int) -> str:
        if level == 3:
            return self._named(drug, event, quarter)
        if level == 2:
            return self._broad(drug, event, quarter)
        if level == 1:
            return self._of_mates(drug, event, quarter)
        return "no label of the list names it"

    def _named(self, drug: str, event: str, quarter: int) -> str:
        direct = self._dates(drug, event, quarter, covers=_NAMES)
        if direct:
            return f"named in the label: {direct}"
        named, _ = self._parts(drug, event, quarter, covers=_NAMES)
        return f"each group reported with it is named in the label: {_few(named)}"

    def _broad(self, drug: str, event: str, quarter: int) -> str:
        found = []
        for cover, text in (
            ("broad", "broad wording on {}: {}"),
            ("other_form", "the label names another form, {}: {}"),
            ("holds", "the label names {}, which it is a part of: {}"),
        ):
            rows = self._in_force(drug, event, quarter, covers={cover})
            for named in dict.fromkeys(row["named"] for row in rows):
                dates = _dates([row for row in rows if row["named"] == named])
                wide = "malignancies" if named == "any_malignancy" else named
                found.append(text.format(wide, dates))
        named_groups, other = self._parts(drug, event, quarter, covers=_NAMES_A_PART)
        if named_groups:
            rest = f"; not named: {_few(other)}" if other else ""
            found.append(f"in part, named are {_few(named_groups)}{rest}")
        return "; ".join(found)

    def _of_mates(self, drug: str, event: str, quarter: int) -> str:
        for events in ([event], self._reported_groups(drug, event, quarter)):
            found: dict[str, str] = {}
            for name, mate in self._mates.get(drug, []):
                for group in events:
                    dates = self._dates(mate, group, quarter, covers=_NAMES)
                    if dates:
                        part = "" if group == event else f" for {group}"
                        found[f"{mate} ({name}){part}"] = dates
            if found:
                label = _few([f"{who}, {dates}" for who, dates in found.items()])
                return f"a label of its class names it: {label}"
        return ""

    def _of_class(self, drug: str, event: str, quarter: int, *, level: int) -> str:
        members = self._members[drug]
        named, broad, without = [], [], []
        for member in members:
            direct = self._dates(member, event, quarter, covers=_NAMES)
            parts, rest = self._parts(member, event, quarter, covers=_NAMES_A_PART)
            wide = self._broad(member, event, quarter)
            if direct or parts:
                part = "in part: " if rest else ""
                named.append(f"{member} ({direct or part + _few(parts)})")
            elif wide:
                broad.append(f"{member} ({wide})")
            elif self._is_reported(member, event, quarter):
                without.append(member)
        if not named and not broad:
            return "no label of a member names it"
        texts = [f"named in labels of members: {_few(named)}"] if named else []
        if broad and level < 3:
            texts.append(f"in broad wording only: {_few(broad)}")
        if without:
            texts.append(f"reported members without: {_few(without)}")
        return "; ".join(texts)

    def _notes(
        self, therapies: Iterable[str], event: str, quarter: int
    ) -> Iterator[str]:
        for therapy in therapies:
            rows = self._in_force(therapy, event, quarter, covers={"contraindication"})
            for row in rows:
                said = f": {row['note']}" if row["note"] else ""
                yield (
                    f"a contraindication of {therapy} in active malignancy is no"
                    f" listing ({_dates([row])}{said})"
                )
            covers = {row["cover"] for row in self._said.get((therapy, event), ())}
            if "undated" in covers:
                yield f"a listing of {therapy} without a date does not count"

    def _parts(
        self, drug: str, event: str, quarter: int, *, covers: frozenset[str]
    ) -> tuple[list[str], list[str]]:
        """Reported groups of a supergroup: named ones with their dates, and others."""
        if drug not in self._labelled:
            return [], []
        named, other = [], []
        for group in self._reported_groups(drug, event, quarter):
            dates = self._dates(drug, group, quarter, covers=covers)
            if dates:
                named.append(f"{group} ({dates})")
            else:
                other.append(group)
        return named, other

    def _reported_groups(self, drug: str, event: str, quarter: int) -> list[str]:
        groups = self._groups[event]
        place = int(np.searchsorted(self.axes.quarters, quarter))
        flags = self.reported[self._therapy_place[drug], groups, place]
        return [self._event_names[group] for group in groups[flags]]

    def _is_reported(self, drug: str, event: str, quarter: int) -> bool:
        place = int(np.searchsorted(self.axes.quarters, quarter))
        at = (self._therapy_place[drug], self._event_place[event], place)
        return bool(self.reported[at])

    def _dates(
        self, drug: str, event: str, quarter: int, *, covers: Iterable[str]
    ) -> str:
        return _dates(self._in_force(drug, event, quarter, covers=covers))

    def _in_force(
        self, drug: str, event: str, quarter: int, *, covers: Iterable[str]
    ) -> list[dict[str, Any]]:
        return [
            row
            for row in self._said.get((drug, event), ())
            if row["cover"] in covers and row["known_from_no"] <= quarter
        ]


def _lists(keys: pd.Series, values: pd.Series) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, value in zip(keys, values, strict=True):
        found.setdefault(key, []).append(value)
    return found


def _dates(rows: Sequence[Mapping[str, Any]]) -> str:
    """Such as ``EU since 2015-12-18, US since 2016-02 (certainty low)``."""
    first: dict[str, str] = {}
    for row in rows:
        doubt = " (certainty low)" if row["certainty"] == "low" else ""
        text = f"{row['jurisdiction']} since {row['date_text']}{doubt}"
        first.setdefault(row["jurisdiction"], text)
    return ", ".join(first.values())


def _few(texts: Sequence[str]) -> str:
    """Return the first texts and how many more there are."""
    more = len(texts) - _GROUPS_SHOWN
    return ", ".join(texts[:_GROUPS_SHOWN]) + (f" and {more} more" if more > 0 else "")
