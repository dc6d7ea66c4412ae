"""Which distinct drug names and routes a pattern of the code lists matches, and why.

Patterns use look-behind (``FAMPRIDINE`` inside ``AMIFAMPRIDINE``), which linear-time
engines lack. They are therefore tried in three steps, each on what the step before let
through: one alternation of many patterns without their look-around (RE2), each such
pattern alone (RE2), and the pattern as written (Python ``re``). The first two steps
only ever let too much through, so the answer is that of the third alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pvsignal.codelists.schema import Codelists
from pvsignal.errors import CodelistError

# Patterns per alternation: larger ones outgrow the state cache of RE2.
_CHUNK = 40

# Escapes that mean the same in Python's re and in RE2.
_SAFE_ESCAPES = frozenset("bd.()[]{}+*?|/\\^$-")

_WHY_OF_COLUMN = {
    "match_regex": "match",
    "exclude_other_regex": "exclude_other",
    "exclude_form_regex": "exclude_form",
    "disease_brand_regex": "disease_brand",
    "conditional_brand_regex": "conditional_brand",
    "other_brand_regex": "other_brand",
}

_ROUTE_COLUMNS = {
    "disease_route_regex": "disease_route",
    "other_route_regex": "other_route",
}


@dataclass(frozen=True)
class _Pattern:
    """One pattern to try: a string is a hit unless ``unless`` matches it too."""

    list: str
    entry: str
    why: str
    pattern: str
    unless: str = ""


def match_names(names: Sequence[str], lists: Codelists) -> pd.DataFrame:
    """Hits of the drug patterns on distinct names, raw as reported.

    Parameters
    ----------
    names
        Distinct ``drugname`` and ``prod_ai`` strings.
    lists
        All code lists.

    Returns
    -------
    pandas.DataFrame
        One row per (list, entry, text, why): ``list``, ``entry`` (the ingredient),
        ``field`` (always ``name``), ``text``, ``why``, ``pattern``. List
        ``therapies`` gives ``match``, ``exclude_other`` (another substance),
        ``exclude_form`` (a form or route of the non-MS product in the name),
        ``disease_brand`` (a brand for MS alone), ``conditional_brand`` (a brand for MS
        and another disease) and ``other_brand``; ``antineoplastics`` and
        ``litigated_drugs`` give ``match`` where their ``exclude_regex`` does not
        match the same string. Sorted by these columns.
    """
    hits = _matches(names, _name_patterns(lists))
    rows = [(p.list, p.entry, "name", text, p.why, p.pattern) for p, text in hits]
    return _frame(rows, ["list", "entry", "field", "text", "why", "pattern"])


def match_routes(routes: Sequence[str], lists: Codelists) -> pd.DataFrame:
    """Routes that tell the MS product of a substance from its other products.

    Returns
    -------
    pandas.DataFrame
        One row per (entry, text): ``entry`` (ingredient), ``text``, ``why``
        (``disease_route`` or ``other_route``).
    """
    hits = _matches(routes, _therapy_patterns(lists, _ROUTE_COLUMNS))
    rows = [(p.entry, text, p.why) for p, text in hits]
    return _frame(rows, ["entry", "text", "why"])


def _frame(rows: Iterable[tuple[str, ...]], columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(sorted(set(rows)), columns=columns, dtype=str)


def _therapy_patterns(lists: Codelists, columns: dict[str, str]) -> list[_Pattern]:
    table = lists["therapies"].table
    return [
        _Pattern("therapies", entry, why, pattern)
        for column, why in columns.items()
        for entry, pattern in zip(table["ingredient"], table[column], strict=True)
        if pattern
    ]


def _name_patterns(lists: Codelists) -> list[_Pattern]:
    patterns = _therapy_patterns(lists, _WHY_OF_COLUMN)
    substances = lists["antineoplastics"].table
    for name, table in (
        ("antineoplastics", substances[substances["included"] == "Y"]),
        ("litigated_drugs", lists["litigated_drugs"].table),
    ):
        columns = ["ingredient", "pattern", "exclude_regex"]
        rows = table[columns].drop_duplicates().itertuples(index=False, name=None)
        patterns += [
            _Pattern(name, entry, "match", pattern, unless)
            for entry, pattern, unless in rows
        ]
    return patterns


def _matches(
    texts: Sequence[str], patterns: Sequence[_Pattern]
) -> Iterator[tuple[_Pattern, str]]:
    """Every (pattern, text) that matches, each pattern as written."""
    strings = pa.array(sorted(set(texts)), pa.string())
    for start in range(0, len(patterns), _CHUNK):
        chunk = patterns[start : start + _CHUNK]
        wide = [_without_look_around(p.pattern) for p in chunk]
        likely = _contains(strings, "|".join(f"(?:{w})" for w in wide))
        for pattern, alone in zip(chunk, wide, strict=True):
            search = re.compile(pattern.pattern, re.IGNORECASE).search
            unless = pattern.unless and re.compile(pattern.unless, re.IGNORECASE)
            texts_left: list[Any] = _contains(likely, alone).to_pylist()
            for text in texts_left:
                if search(text) and not (unless and unless.search(text)):
                    yield pattern, text


def _contains(strings: pa.Array[Any], pattern: str) -> pa.Array[Any]:
    hit = pc.match_substring_regex(strings, pattern, ignore_case=True)
    return strings.filter(hit)


def _without_look_around(pattern: str) -> str:
    """Pattern for RE2 that matches at least what `pattern` matches.

    Look-around, word boundaries and end anchors only narrow a match, so they are left
    out. Look-around inside alternations is safe for the same reason.

    Raises
    ------
    CodelistError
        For an escape whose meaning differs between the two engines.
    """
    kept: list[str] = []
    position = 0
    while position < len(pattern):
        if pattern[position] == "\\":
            escaped = pattern[position + 1]
            if escaped not in _SAFE_ESCAPES:
                raise CodelistError(
                    f"name pattern '{pattern}' uses \\{escaped}; write the characters"
                    " themselves"
                )
            kept.append("" if escaped == "b" else pattern[position : position + 2])
            position += 2
        elif pattern.startswith(("(?=", "(?!", "(?<=", "(?<!"), position):
            position = _end_of_group(pattern, position)
        elif pattern[position] == "[":
            end = pattern.index("]", position + 2) + 1
            kept.append(pattern[position:end])
            position = end
        elif pattern[position] == "$":
            position += 1
        else:
            kept.append(pattern[position])
            position += 1
    return "".join(kept)


def _end_of_group(pattern: str, start: int) -> int:
    """Position after the bracket that closes the group opened at `start`."""
    depth = 0
    position = start
    while position < len(pattern):
        if pattern[position] == "\\":
            position += 2
            continue
        if pattern[position] == "(":
            depth += 1
        elif pattern[position] == ")":
            depth -= 1
            if depth == 0:
                return position + 1
        position += 1
    raise CodelistError(f"pattern '{pattern}' opens a group that it does not close")
