"""Events that tell of more intensive looking: benign markers, leads and tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from pvsignal.codelists.events import event_names
from pvsignal.codelists.names import normalise_term, supergroup_event
from pvsignal.codelists.schema import Codelists
from pvsignal.codelists.terms import (
    BEHAVIOUR_SUFFIX,
    event_catalogue,
)
from pvsignal.errors import CodelistError

LEVEL = "marker"

# Kind in the list: last part of the event's name, and words of its label.
_KINDS: Mapping[str, tuple[str, str]] = {
    "benign_marker": ("benign", "benign markers"),
    "premalignant_marker": ("premalignant", "premalignant markers"),
    "lead": ("lead", "leads"),
    "test": ("test", "tests"),
}


def event_of_name(lists: Codelists) -> dict[str, str]:
    """Event that a bare name of a code list means.

    A group means its incident terms or, where it has none, its remaining behaviour:
    the benign one first (``skin_benign:benign``), then the uncertain one. Any other
    name is the supergroup.
    """
    supergroups = {*lists["neoplasm_supergroups"].table["supergroup"]}
    supergroups |= event_names(lists)[1]
    found = {name: supergroup_event(name) for name in supergroups}
    groups = event_catalogue(lists)
    groups = groups[groups["event_level"] == "group"]
    for behaviour in ("in_situ_premalignant", "uncertain", "benign", "malignant"):
        suffix = BEHAVIOUR_SUFFIX[behaviour]
        has_it = groups[groups["event"] == groups["group_id"] + suffix]
        found |= dict(zip(has_it["group_id"], has_it["event"], strict=True))
    return found


def sentinel_events(lists: Codelists, names: Sequence[str]) -> tuple[str, ...]:
    """Events that need no statistic, under the names by which they are counted.

    Raises
    ------
    CodelistError
        If a name is no event of the analysis.
    """
    events = event_of_name(lists)
    counted = set(event_catalogue(lists)["event"])
    unknown = [name for name in names if events.get(name) not in counted]
    if unknown:
        raise CodelistError(
            f"sentinel_events of the analysis: {', '.join(unknown)} is no event of it; "
            "see neoplasm_groups and neoplasm_supergroups"
        )
    return tuple(sorted(events[name] for name in names))


def _members(lists: Codelists) -> Iterator[tuple[str, str, str, str]]:
    """Marker event, kind, event that it is a marker of, and term."""
    events = event_of_name(lists)
    scored = set(event_catalogue(lists)["event"])
    for row in lists["detection_markers"].table.to_dict("records"):
        for name in row["event_groups"].split("|"):
            watched = events.get(name, "")
            if watched not in scored:
                continue  # neoplasms are no events of the analysis
            kind = _KINDS[row["kind"]][0]
            marker = f"{LEVEL}:{watched}:{kind}"
            yield marker, row["kind"], watched, normalise_term(row["pt"])


def marker_catalogue(lists: Codelists) -> pd.DataFrame:
    """All marker events, in the columns of `event_catalogue`.

    Returns
    -------
    pandas.DataFrame
        ``event_level`` (``marker``), ``event`` such as ``marker:skin_bcc:benign``,
        ``label``, ``group_id`` and ``behaviour`` (both empty), ``watched_event``: the
        event beside which the marker is held; sorted.
    """
    catalogue = event_catalogue(lists)
    labels = dict(zip(catalogue["event"], catalogue["label"], strict=True))
    rows = {
        (LEVEL, marker, f"{labels[watched]}: {_KINDS[kind][1]}", "", "", watched)
        for marker, kind, watched, _ in _members(lists)
    }
    return pd.DataFrame(
        sorted(rows),
        columns=[
            *("event_level", "event", "label", "group_id", "behaviour"),
            "watched_event",
        ],
        dtype=str,
    )


def markers_of_terms(terms: pd.DataFrame, lists: Codelists) -> pd.DataFrame:
    """Marker events that each term belongs to, in the columns of `events_of_terms`.

    Parameters
    ----------
    terms
        Result of `classify_terms`.
    lists
        All code lists.
    """
    known = set(terms["term"])
    rows = {
        (LEVEL, marker, term) for marker, _, _, term in _members(lists) if term in known
    }
    return pd.DataFrame(
        sorted(rows), columns=["event_level", "event", "term"], dtype=str
    )


def litigated_markers(litigated: pd.DataFrame, lists: Codelists) -> pd.DataFrame:
    """Marker events that litigated reports leave: those of the events they leave.

    A marker is held beside its event, so both count the same population.

    Parameters
    ----------
    litigated
        Result of `litigated_events`.
    lists
        All code lists.
    """
    markers = marker_catalogue(lists)[["event", "watched_event"]]
    groups = litigated[litigated["event_level"].isin(["group", "supergroup"])]
    found = groups.rename(columns={"event": "watched_event"}).merge(markers)
    return found.assign(event_level=LEVEL)[list(litigated.columns)]
