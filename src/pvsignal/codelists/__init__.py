"""Reviewed code lists, and what they say about names, routes and terms.

The lists are tables under ``data``, one decision a row, each with a card that gives
its scope, source and reviewer. ``docs/codelists.md`` describes every list.
"""

from pvsignal.codelists.controls import control_pairs
from pvsignal.codelists.drugs import (
    CLASS_PREFIX,
    drug_members,
    reference_members,
    reference_therapies,
    search_names,
    therapy_classes,
)
from pvsignal.codelists.label_texts import (
    DIFFERENCE_COLUMNS,
    TEXT_COLUMNS,
    event_words,
    label_differences,
    label_texts,
)
from pvsignal.codelists.labelling_dates import (
    label_covers,
    label_dates,
    notoriety_dates,
    notoriety_drugs,
    supergroup_members,
)
from pvsignal.codelists.labels import LabelWords, label_words, therapies_named
from pvsignal.codelists.loading import codelists_hash, load_codelists
from pvsignal.codelists.markers import (
    litigated_markers,
    marker_catalogue,
    markers_of_terms,
    sentinel_events,
)
from pvsignal.codelists.matching import match_names, match_routes
from pvsignal.codelists.names import normalise_term
from pvsignal.codelists.schema import Codelist, Codelists
from pvsignal.codelists.sexes import sexes_of_events
from pvsignal.codelists.substances import clean_names, ingredients
from pvsignal.codelists.terms import (
    classify_terms,
    event_catalogue,
    events_of_terms,
    litigated_events,
)

__all__ = [
    "CLASS_PREFIX",
    "DIFFERENCE_COLUMNS",
    "TEXT_COLUMNS",
    "Codelist",
    "Codelists",
    "LabelWords",
    "classify_terms",
    "clean_names",
    "codelists_hash",
    "control_pairs",
    "drug_members",
    "event_catalogue",
    "event_words",
    "events_of_terms",
    "ingredients",
    "label_covers",
    "label_dates",
    "label_differences",
    "label_texts",
    "label_words",
    "litigated_events",
    "litigated_markers",
    "load_codelists",
    "marker_catalogue",
    "markers_of_terms",
    "match_names",
    "match_routes",
    "normalise_term",
    "notoriety_dates",
    "notoriety_drugs",
    "reference_members",
    "reference_therapies",
    "search_names",
    "sentinel_events",
    "sexes_of_events",
    "supergroup_members",
    "therapies_named",
    "therapy_classes",
]
