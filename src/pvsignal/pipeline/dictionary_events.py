"""Groupings of a user's own MedDRA as events, beside those of the code lists."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pandas as pd

from pvsignal import codelists
from pvsignal.analysis import Analysis
from pvsignal.codelists import Codelists
from pvsignal.settings import Settings
from pvsignal.sources import meddra

LEVEL = "meddra"


@dataclass(frozen=True)
class DictionaryEvents:
    """Groupings of the dictionary that the analysis asks for.

    Attributes
    ----------
    sha256
        Hash of the folder.
    """

    sha256: str
    dictionary: meddra.Dictionary
    groupings: tuple[meddra.Grouping, ...]


def read_dictionary_events(
    settings: Settings, analysis: Analysis
) -> DictionaryEvents | None:
    """Groupings that the analysis asks for; None without a folder in the settings.

    Raises
    ------
    CodelistError
        If the folder is none of MedDRA's, is not whole, or holds nothing that was
        asked for.
    """
    if settings.meddra is None:
        return None
    dictionary = meddra.read_dictionary(settings.meddra)
    groupings = dictionary.groupings(
        soc_pattern=analysis.meddra.soc_pattern,
        smq_pattern=analysis.meddra.smq_pattern,
        smq_names=settings.meddra_smqs,
    )
    return DictionaryEvents(dictionary.sha256, dictionary, groupings)


@dataclass(frozen=True)
class EventTables:
    """Rows for ``codelists.event``, ``meddra_term`` and ``litigated_event``."""

    events: pd.DataFrame
    terms: pd.DataFrame
    litigated: pd.DataFrame


def event_tables(
    found: DictionaryEvents | None,
    reported: list[str],
    *,
    lists: Codelists,
    litigated: pd.DataFrame,
) -> EventTables:
    """Events of the groupings below which a reported term stands.

    Parameters
    ----------
    found
        Groupings of the dictionary, or None.
    reported
        Normalised terms of the reactions.
    lists
        All code lists.
    litigated
        Result of `codelists.litigated_events`.

    Notes
    -----
    For litigated reports an event stands for the group that holds more than half of
    its neoplasm terms, else for ``any_malignancy``: it leaves the reports that this one
    leaves. The whole dictionary decides: a term that is reported later moves nothing.
    """
    groupings = found.groupings if found else ()
    members = found.dictionary.members(groupings, reported) if found else []
    with_term = {event for event, _ in members}
    kept = [grouping for grouping in groupings if grouping.event in with_term]
    pts = found.dictionary.pts if found else {}
    return EventTables(
        events=pd.DataFrame(
            [(LEVEL, g.event, g.name, "", "") for g in kept],
            columns=["event_level", "event", "label", "group_id", "behaviour"],
            dtype=str,
        ),
        terms=pd.DataFrame(
            [(LEVEL, event, term) for event, term in members],
            columns=["event_level", "event", "term"],
            dtype=str,
        ),
        litigated=_litigated(
            {g.event: [pts[pt] for pt in sorted(g.pts)] for g in kept},
            lists=lists,
            litigated=litigated,
        ),
    )


def _litigated(
    terms_of: dict[str, list[str]], *, lists: Codelists, litigated: pd.DataFrame
) -> pd.DataFrame:
    terms = {term for found in terms_of.values() for term in found}
    meaning = codelists.classify_terms(terms, lists)
    neoplasms = meaning[meaning["event_class"] == "neoplasm"]
    group_of = dict(zip(neoplasms["term"], neoplasms["group_id"], strict=True))
    stands_for = pd.DataFrame(
        [
            (*_stand_in([group_of[term] for term in found if term in group_of]), event)
            for event, found in terms_of.items()
        ],
        columns=["event_level", "event", "own"],
        dtype=str,
    )
    rows = litigated.merge(stands_for, on=["event_level", "event"])
    rows = rows.assign(event_level=LEVEL, event=rows["own"])
    return rows[list(litigated.columns)]


def _stand_in(groups: list[str]) -> tuple[str, str]:
    """Level and name, as in ``litigated_event``, of what a grouping stands for."""
    for group, n in Counter(groups).most_common(1):
        if 2 * n > len(groups):
            return "group_pts", group
    return "supergroup", "any_malignancy"
