"""Code lists read from their files, checked against their schema and each other."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import re
import tomllib
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd

from pvsignal.analysis import (
    DEFAULT_EVENTS,
    NEOPLASMS,
    Analysis,
    EventChoice,
    ListChoice,
)
from pvsignal.codelists.events import check_event_lists, event_names, listed_events
from pvsignal.codelists.labelling_dates import check_labelling_dates
from pvsignal.codelists.names import normalise_term, split
from pvsignal.codelists.schema import (
    EVENT_GROUPS,
    EVENT_TERMS,
    SCHEMAS,
    Codelist,
    Codelists,
    Schema,
)
from pvsignal.codelists.terms import event_catalogue
from pvsignal.errors import CodelistError

DATA_DIR = Path(__file__).with_name("data")

CARD_TEXTS = (
    "title",
    "scope",
    "source",
    "search_method",
    "reviewer",
    "version",
    "certainty",
)


def load_codelists(
    folder: Path | None = None, *, analysis: Analysis | None = None
) -> Codelists:
    """All code lists of an analysis.

    Parameters
    ----------
    folder
        Folder of the shipped lists, by default that of pvsignal.
    analysis
        Says which list plays which part, and where its own lists are; by default the
        shipped lists play theirs.

    Raises
    ------
    CodelistError
        If a list, a card or a column is absent, a row repeats or is out of order, a
        pattern does not compile, or a row names a group, supergroup or ingredient
        that no list holds, a label is empty, in lower case or used twice, or an event
        stands in two lists.
    """
    shipped = folder or DATA_DIR
    _check_shipped(shipped)
    choice = analysis.codelists if analysis else ListChoice()
    events = analysis.events if analysis else DEFAULT_EVENTS
    place = _Place(choice.folder, shipped)
    parts = {name: place.part(schema, choice) for name, schema in SCHEMAS.items()}
    further = [found for name in events for found in place.events(name, events[name])]
    read = [*chain.from_iterable(parts.values()), *further]
    lists = Codelists(
        parts={name: _together(SCHEMAS[name], found) for name, found in parts.items()},
        files={one.codelist.name: one.codelist for one in read if one.codelist.sha256},
        events=events,
    )
    place.check_no_other(lists.files)
    check_event_lists(lists)
    _check_references(lists, read)
    _check_event_names(lists)
    _check_scored(lists["therapies"])
    if analysis:
        _check_headlines(lists, analysis)
        _check_novelty_classes(lists, analysis)
    check_labelling_dates(lists)
    return lists


def codelists_hash(lists: Codelists) -> str:
    """Identity of all lists together: 12 hex digits."""
    text = "".join(f"{n} {lists.files[n].sha256}\n" for n in sorted(lists.files))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class _Read:
    """A list with the schema that it was read by."""

    schema: Schema
    codelist: Codelist


@dataclass(frozen=True)
class _Place:
    """Where lists are looked for: the analysis' own folder, then the shipped one."""

    own: Path | None
    shipped: Path

    def part(self, schema: Schema, choice: ListChoice) -> list[_Read]:
        """Lists that play a part; several only for litigated drugs."""
        names, key = _names(schema, choice)
        is_own = choice.therapies != SCHEMAS["therapies"].shipped
        is_of_others = schema.about_therapies and is_own
        if not names or (is_of_others and not self._in_own(schema, names[0])):
            empty = pd.DataFrame(columns=list(schema.columns), dtype=str)
            file = self.shipped / (schema.shipped + schema.suffix)
            return [_Read(schema, Codelist(schema.name, empty, {}, "", file))]
        return [self._load(schema, name, key) for name in names]

    def events(self, name: str, choice: EventChoice) -> Iterator[_Read]:
        """Lists of one set of further events."""
        for schema, stem, key in (
            (EVENT_TERMS, choice.terms, "terms"),
            (EVENT_GROUPS, choice.groups, "groups"),
        ):
            if stem:
                yield self._load(schema, stem, f"events.{name}.{key}")

    def _in_own(self, schema: Schema, name: str) -> bool:
        return bool(self.own and (self.own / (name + schema.suffix)).is_file())

    def _load(self, schema: Schema, name: str, key: str) -> _Read:
        if self.own and not self.own.is_dir():
            raise CodelistError(
                f"no folder {self.own}, which the analysis names as codelists.folder;"
                " correct the key"
            )
        folders = [folder for folder in (self.own, self.shipped) if folder]
        files = [folder / (name + schema.suffix) for folder in folders]
        for file in files:
            if file.is_file():
                return _Read(schema, _load(file, schema))
        raise CodelistError(
            f"{files[0]} does not exist, nor does a shipped list '{name}'; write it"
            f" with its card {name}.toml, or correct {key} in the analysis file"
        )

    def check_no_other(self, used: Container[str]) -> None:
        """Refuse a list in the own folder that plays no part: a slip of its name."""
        for file in sorted(self.own.glob("*.csv")) if self.own else ():
            if file.stem not in used:
                raise CodelistError(
                    f"{file} plays no part in the analysis; name it under [codelists]"
                    " or [events], give it the name of the shipped list that it"
                    " replaces, or move it away"
                )


def _names(schema: Schema, choice: ListChoice) -> tuple[Sequence[str], str]:
    """Names of the lists that play a part, and the key that says so."""
    keys = {
        "therapies": (choice.therapies,),
        "classes": (choice.classes,),
        "indications": (choice.indications,),
        "litigated": choice.litigated,
    }
    key = _KEY_OF_PART.get(schema.name, "")
    return (keys[key], f"codelists.{key}") if key else ((schema.shipped,), "the name")


_KEY_OF_PART = {
    "therapies": "therapies",
    "therapy_classes": "classes",
    "indications": "indications",
    "litigated_drugs": "litigated",
}


def _together(schema: Schema, found: Sequence[_Read]) -> Codelist:
    """Lists of one part as one table."""
    first = found[0].codelist
    if len(found) == 1:
        return first
    tables = [one.codelist.table for one in found]
    table = pd.concat(tables).sort_values(list(schema.key), ignore_index=True)
    for key in table[table.duplicated(list(schema.key))][list(schema.key)].itertuples(
        index=False, name=None
    ):
        files = " and ".join(str(one.codelist.file) for one in found)
        raise CodelistError(
            f"{files}: row {' | '.join(key)} stands in more than one; remove one"
        )
    return replace(first, table=table)


def _check_shipped(folder: Path) -> None:
    found = {file.stem for file in folder.iterdir() if file.suffix != ".toml"}
    for name in sorted(found ^ {schema.shipped for schema in SCHEMAS.values()}):
        raise CodelistError(
            f"{folder}: list '{name}' is {'unknown' if name in found else 'absent'};"
            " add or remove its file and its entry in codelists/schema.py"
        )


def _load(file: Path, schema: Schema) -> Codelist:
    data = file.read_bytes()
    read = _read_rules if file.suffix == ".json" else _read_csv
    try:
        table = read(data)
    except (ValueError, KeyError) as error:
        raise CodelistError(f"{file} cannot be read: {error}; correct it") from error
    table = _check_table(file, table, schema)
    card = _read_card(file.with_suffix(".toml"))
    return Codelist(file.stem, table, card, hashlib.sha256(data).hexdigest(), file)


def _read_csv(data: bytes) -> pd.DataFrame:
    if b"\r" in data:
        raise ValueError("lines must end in LF alone")
    # `NA` is Namibia, so nothing may be read as missing.
    return pd.read_csv(
        io.StringIO(data.decode("utf-8")),
        dtype=str,
        keep_default_na=False,
        na_filter=False,
    )


def _read_rules(data: bytes) -> pd.DataFrame:
    """Neoplasm rules as a table (kind, position, entry, pattern, unless)."""
    rules = json.loads(data.decode("utf-8"))
    rows: list[tuple[str, str, str, str, str]] = []

    def add(kind: str, entry: str = "", pattern: str = "", unless: str = "") -> None:
        rows.append((kind, f"{len(rows):04d}", entry, pattern, unless))

    for term, (group, behaviour) in rules["overrides"].items():
        add("override", f"{group}|{behaviour}", f"^{re.escape(term)}$")
    for reason, pattern in rules["negative"]:
        add("negative", reason, pattern)
    add("keep_despite_cyst", pattern=rules["keep_despite_cyst"])
    add("lexicon", pattern=rules["lexicon"])
    for group, pattern, site in rules["groups"]:
        add("group", f"{group}|{site}", pattern)
    for behaviour, pattern, unless in rules["behaviour"]:
        add("behaviour", behaviour, pattern, unless)
    add("secondary_or_progression", pattern=rules["secondary_or_progression"])
    add("staged", pattern=rules["staged"])
    return pd.DataFrame(
        rows, columns=["kind", "position", "entry", "pattern", "unless"], dtype=str
    )


def _read_card(file: Path) -> Mapping[str, Any]:
    try:
        card = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise CodelistError(f"{file} is absent; write a card for the list") from error
    except tomllib.TOMLDecodeError as error:
        raise CodelistError(f"{file} is no valid TOML: {error}") from error
    for key in CARD_TEXTS:
        if not isinstance(card.get(key), str) or not card[key].strip():
            raise CodelistError(f"{file}: key '{key}' is absent or empty; fill it in")
    if not isinstance(card.get("changed"), dt.date):
        raise CodelistError(f"{file}: key 'changed' must be a date such as 2026-01-31")
    return card


def _check_table(file: Path, table: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Table with all columns of its schema, those that may be absent as empty."""
    columns = set(table.columns)
    required = [name for name in schema.columns if name not in schema.optional]
    if not columns <= set(schema.columns) or not columns >= set(required):
        maybe = f"; may have {', '.join(schema.optional)}" if schema.optional else ""
        raise CodelistError(
            f"{file} line 1: columns {', '.join(table.columns)} are not those of the"
            f" list (must have {', '.join(required)}{maybe}); correct the header"
        )
    table = table.reindex(columns=list(schema.columns), fill_value="")
    keys = list(zip(*(table[column] for column in schema.key), strict=True))
    for number, (before, key) in enumerate(
        zip([None, *keys], keys, strict=False), start=2
    ):
        where = f"{file} line {number} ({' | '.join(key)})"
        if not all(key[: len(schema.key) - schema.blank_key_tail]):
            raise CodelistError(f"{where}: a key column is empty; fill it in")
        if before is not None and key <= before:
            fault = "repeats the row above" if key == before else "is out of order"
            raise CodelistError(f"{where}: {fault}; sort by {', '.join(schema.key)}")
    for column, allowed in schema.allowed.items():
        _check_allowed(file, table, column, allowed)
    for column in schema.regexes:
        _check_regexes(file, table, column)
    return table


def _check_allowed(
    file: Path, table: pd.DataFrame, column: str, allowed: frozenset[str]
) -> None:
    for number, value in enumerate(table[column], start=2):
        if value not in allowed:
            raise CodelistError(
                f"{file} line {number}: {column} '{value}' is none of"
                f" {', '.join(sorted(allowed))}; correct it"
            )


def _check_regexes(file: Path, table: pd.DataFrame, column: str) -> None:
    for number, pattern in enumerate(table[column], start=2):
        try:
            found = re.search(pattern, "", re.IGNORECASE) if pattern else None
        except re.error as error:
            raise CodelistError(
                f"{file} line {number}: {column} '{pattern}' is no valid pattern"
                f" ({error}); correct it"
            ) from error
        if found and file.suffix == ".csv":
            raise CodelistError(
                f"{file} line {number}: {column} '{pattern}' matches every string;"
                " correct it"
            )


def _check_references(lists: Codelists, read: Sequence[_Read]) -> None:
    groups, supergroups = event_names(lists)
    known = {
        "group": set(lists["neoplasm_groups"].table["group_id"]) - {"not_event"}
        | groups,
        "supergroup": set(lists["neoplasm_supergroups"].table["supergroup"])
        | supergroups,
        "ingredient": set(lists["therapies"].table["ingredient"]),
        "class": set(lists["therapy_classes"].table["class_id"]),
    }
    for one in read:
        for column, kinds in one.schema.references.items():
            allowed = set().union(*(known[kind] for kind in kinds))
            for number, value in enumerate(one.codelist.table[column], start=2):
                for part in sorted(set(split(value)) - allowed - one.schema.also):
                    raise CodelistError(
                        f"{one.codelist.file} line {number}: {column} '{part}' is no"
                        f" known {' or '.join(kinds)}; correct it or add it to that"
                        " list"
                    )
    controls = lists["negative_controls"].table
    levels = controls["event_level"]
    for level in ("group", "supergroup"):
        unknown = sorted(set(controls["event"][levels == level]) - known[level])
        if unknown:
            raise CodelistError(
                f"{lists['negative_controls'].file}: event '{unknown[0]}' is no known"
                f" {level}; correct it"
            )
    pairs = set(
        lists["neoplasm_groups"]
        .table[["group_id", "behaviour"]]
        .itertuples(index=False)
    )
    pts = lists["neoplasm_pts"].table
    for pt in pts[pts["event_class"] == "neoplasm"].itertuples():
        if (pt.group_id, pt.behaviour) not in pairs:
            raise CodelistError(
                f"{lists['neoplasm_pts'].file} line {int(str(pt.Index)) + 2}: no row"
                f" for group '{pt.group_id}' with behaviour '{pt.behaviour}' in"
                " neoplasm_groups.csv; add it"
            )


def _check_event_names(lists: Codelists) -> None:
    """Refuse events and labels that a reader could not tell apart."""
    events: dict[str, str] = {}
    labels: dict[str, str] = {}
    for event, label, place in _placed_events(lists):
        if event in events:
            raise CodelistError(
                f"{place}: the event '{event}' exists twice over PTs, groups and"
                f" supergroups, before in {events[event]}; rename one of them"
            )
        events[event] = place
        if label is None:
            continue
        if not label[:1].isupper():
            raise CodelistError(
                f"{place}: the label '{label}' of event '{event}' is empty or does not"
                " start with a capital letter; correct it"
            )
        if label in labels:
            raise CodelistError(
                f"{place}: the label '{label}' of event '{event}' is also that of"
                f" '{labels[label]}'; change one of them"
            )
        labels[label] = event


def _placed_events(lists: Codelists) -> Iterator[tuple[str, str | None, str]]:
    """Event, label and place of all events; a preferred term has no label."""
    neoplasms = {k: v for k, v in lists.events.items() if k == NEOPLASMS}
    catalogue = event_catalogue(replace(lists, events=neoplasms))
    files = {
        "group": lists["neoplasm_groups"].file,
        "supergroup": lists["neoplasm_supergroups"].file,
    }
    for level, event, label in zip(
        catalogue["event_level"], catalogue["event"], catalogue["label"], strict=True
    ):
        yield event, label, str(files[level])
    for pt in lists["neoplasm_pts"].table["pt"] if neoplasms else ():
        yield normalise_term(pt), None, str(lists["neoplasm_pts"].file)
    for one in listed_events(lists):
        yield one.event, one.label, one.place


def _check_scored(therapies: Codelist) -> None:
    if "Y" not in set(therapies.table["scored"]):
        raise CodelistError(
            f"{therapies.file}: no row has scored = Y, so there is nothing to score;"
            " mark the therapies of the question"
        )


def _check_novelty_classes(lists: Codelists, analysis: Analysis) -> None:
    known = set(lists["therapy_classes"].table["class_id"])
    for name in sorted(set(analysis.novelty.classes) - known):
        raise CodelistError(
            f"no class is called '{name}', which the analysis names in novelty.classes;"
            " correct the key or add the class to the list of classes"
        )


def _check_headlines(lists: Codelists, analysis: Analysis) -> None:
    for event in sorted(set(analysis.headlines) - set(event_catalogue(lists)["event"])):
        raise CodelistError(
            f"no group or supergroup is called '{event}', which the analysis names in"
            " headline_events; correct the key (a supergroup is all_<name> unless it"
            " starts with any_)"
        )
