"""The shipped code lists as the look-ups that `tests.reference` reads.

Only what the lists say of a text is taken from pvsignal; what follows from it for a
report is worked out by the reference alone.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable
from typing import Any

import pandas as pd

from pvsignal.analysis import Analysis
from pvsignal.codelists import (
    Codelists,
    classify_terms,
    event_catalogue,
    events_of_terms,
    litigated_events,
    litigated_markers,
    marker_catalogue,
    markers_of_terms,
    match_names,
    match_routes,
)
from pvsignal.duplicates.model import MODEL_FILE
from tests import reference


def linkage_of(lists: Codelists) -> reference.Linkage:
    """Numbers of the shipped linkage model, read as data."""
    model = tomllib.loads(MODEL_FILE.read_text("utf-8"))
    p = model["decision"]["probability_two_random_records_match"]
    countries = lists["countries"].table
    return reference.Linkage(
        bits={
            comparison["name"]: {
                level["label"]: math.log2(level["m"] / level["u"])
                for level in comparison["level"]
            }
            for comparison in model["comparison"]
        },
        prior=math.log2(p / (1 - p)),
        threshold=model["decision"]["threshold_match_weight"],
        kept=model["decision"]["kept_match_weight"],
        countries=dict(zip(countries["text"], countries["iso2"], strict=True)),
    )


def lists_of(
    lists: Codelists,
    analysis: Analysis,
    *,
    names: Iterable[str],
    routes: Iterable[str],
    terms: Iterable[str],
) -> reference.Lists:
    """Look-ups for the texts of a dataset: raw names and routes, raw terms."""
    hits = match_names(sorted(set(names)), lists)
    classified = classify_terms(
        sorted({reference.normalised(term) for term in terms}), lists
    )
    therapies = lists["therapies"].table
    scored = frozenset(therapies.loc[therapies["scored"] == "Y", "ingredient"])
    members = {
        row["class_id"]: frozenset(row["members"].split("|"))
        for row in lists["therapy_classes"].table.to_dict("records")
    }
    classes = {name: therapies & scored for name, therapies in members.items()}
    catalogue = pd.concat([event_catalogue(lists), marker_catalogue(lists)])
    events = pd.concat(
        [events_of_terms(classified, lists), markers_of_terms(classified, lists)]
    )
    litigated = litigated_events(lists, analysis.litigated_certainty)
    litigated = pd.concat([litigated, litigated_markers(litigated, lists)])
    return reference.Lists(
        names=reference.whys(_of_list(hits, "therapies").to_dict("records")),
        routes=reference.whys(
            match_routes(sorted(set(routes)), lists).to_dict("records")
        ),
        product_rule=dict(
            zip(therapies["ingredient"], therapies["product_rule"], strict=True)
        ),
        scored=scored,
        compared=frozenset(therapies.loc[therapies["scored"] == "R", "ingredient"]),
        reference=members[analysis.reference_class],
        classes={
            f"class:{name}": members for name, members in classes.items() if members
        },
        terms={
            row["term"]: reference.Term(
                event_class=row["event_class"],
                indication_rule=row["indication_rule"],
                group_id=row["group_id"],
                is_incident=row["is_incident"],
                is_recurrence=row["is_recurrence"],
                ms_flag=row["ms_flag"],
                is_oncology_indication=row["is_oncology_indication"],
                is_other_disease=row["is_other_disease"],
            )
            for row in classified.to_dict("records")
        },
        events=_sets(
            (row["term"], (row["event_level"], row["event"]))
            for row in events.to_dict("records")
        ),
        grid=tuple(zip(catalogue["event_level"], catalogue["event"], strict=True)),
        antineoplastic=frozenset(_of_list(hits, "antineoplastics")["text"]),
        litigated_names=_sets(
            (row["text"], row["entry"])
            for row in _of_list(hits, "litigated_drugs").to_dict("records")
        ),
        litigated=tuple(
            reference.Litigated(**row) for row in litigated.to_dict("records")
        ),
        roles=analysis.roles,
        linkage=linkage_of(lists),
    )


def _of_list(hits: pd.DataFrame, name: str) -> pd.DataFrame:
    return hits[(hits["list"] == name) & (hits["why"] != "")]


def _sets(pairs: Iterable[tuple[str, Any]]) -> dict[str, frozenset[Any]]:
    found: dict[str, set[Any]] = {}
    for key, value in pairs:
        found.setdefault(key, set()).add(value)
    return {key: frozenset(values) for key, values in found.items()}
