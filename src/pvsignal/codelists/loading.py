"""Code lists read from their files, checked against their schema and each other."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from pvsignal.codelists.schema import SCHEMAS, Codelist, Codelists, Schema
from pvsignal.codelists.terms import event_catalogue, normalise_term
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


def load_codelists(folder: Path | None = None) -> Codelists:
    """All code lists of a folder, by default those that ship with pvsignal.

    Raises
    ------
    CodelistError
        If a list, a card or a column is absent, a row repeats or is out of order, a
        pattern does not compile, or a row names a group, supergroup or ingredient
        that no list holds, or a label is empty, in lower case or used twice.
    """
    path = folder or DATA_DIR
    found = {file.stem for file in path.iterdir() if file.suffix != ".toml"}
    for name in sorted(found ^ set(SCHEMAS)):
        raise CodelistError(
            f"{path}: list '{name}' is {'unknown' if name in found else 'absent'};"
            " add or remove its file and its entry in codelists/schema.py"
        )
    lists = {name: _load(path, SCHEMAS[name]) for name in sorted(SCHEMAS)}
    _check_references(lists)
    _check_event_names(lists)
    _check_labels(lists)
    return lists


def codelists_hash(lists: Codelists) -> str:
    """Identity of all lists together: 12 hex digits."""
    text = "".join(f"{name} {lists[name].sha256}\n" for name in sorted(lists))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _load(folder: Path, schema: Schema) -> Codelist:
    file = folder / schema.file
    data = file.read_bytes()
    read = _read_rules if file.suffix == ".json" else _read_csv
    try:
        table = read(data)
    except (ValueError, KeyError) as error:
        raise CodelistError(f"{file} cannot be read: {error}; correct it") from error
    _check_table(file, table, schema)
    card = _read_card(folder / f"{schema.name}.toml")
    return Codelist(schema.name, table, card, hashlib.sha256(data).hexdigest())


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


def _check_table(file: Path, table: pd.DataFrame, schema: Schema) -> None:
    columns = tuple(table.columns)
    if columns != schema.columns:
        raise CodelistError(
            f"{file}: columns {', '.join(columns)} are not those of the list"
            f" ({', '.join(schema.columns)}); correct the header"
        )
    keys = list(zip(*(table[column] for column in schema.key), strict=True))
    for number, (before, key) in enumerate(
        zip([None, *keys[:-1]], keys, strict=True), start=2
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


def _split(value: str) -> tuple[str, ...]:
    return tuple(part for part in value.split("|") if part)


def _check_references(lists: Codelists) -> None:
    known = {
        "group": set(lists["neoplasm_groups"].table["group_id"]) - {"not_event"},
        "supergroup": set(lists["neoplasm_supergroups"].table["supergroup"]),
        "ingredient": set(lists["ms_therapies"].table["ingredient"]),
        "class": set(lists["therapy_classes"].table["class_id"]),
    }
    for schema in SCHEMAS.values():
        for column, kinds in schema.references.items():
            allowed = set().union(*(known[kind] for kind in kinds))
            for number, value in enumerate(lists[schema.name].table[column], start=2):
                for part in set(_split(value)) - allowed - schema.also:
                    raise CodelistError(
                        f"{schema.file} line {number}: {column} '{part}' is no known"
                        f" {' or '.join(kinds)}; correct it or add it to that list"
                    )
    controls = lists["negative_controls"].table
    levels = controls["event_level"]
    for level in ("group", "supergroup"):
        unknown = sorted(set(controls["event"][levels == level]) - known[level])
        if unknown:
            raise CodelistError(
                f"negative_controls.csv: event '{unknown[0]}' is no known {level};"
                " correct it"
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
                f"neoplasm_pts.csv line {int(str(pt.Index)) + 2}: no row for group"
                f" '{pt.group_id}' with behaviour '{pt.behaviour}' in"
                " neoplasm_groups.csv; add it"
            )


def _check_event_names(lists: Codelists) -> None:
    catalogue = event_catalogue(lists)
    names = [
        *catalogue["event"],
        *(normalise_term(pt) for pt in lists["neoplasm_pts"].table["pt"]),
    ]
    counts = pd.Series(names).value_counts()
    for name in counts.index[counts > 1]:
        raise CodelistError(
            f"the event '{name}' exists twice over PTs, groups and supergroups;"
            " rename one of them"
        )


def _check_labels(lists: Codelists) -> None:
    """Refuse labels that a reader could not tell apart or that start in lower case."""
    catalogue = event_catalogue(lists)
    before: dict[str, str] = {}
    for event, label in zip(catalogue["event"], catalogue["label"], strict=True):
        where = f"neoplasm_groups.csv or neoplasm_supergroups.csv, event '{event}'"
        if not label[:1].isupper():
            raise CodelistError(
                f"{where}: the label '{label}' is empty or does not start with a"
                " capital letter; correct it"
            )
        if label in before:
            raise CodelistError(
                f"{where}: the label '{label}' is also that of '{before[label]}';"
                " change one of them"
            )
        before[label] = event
