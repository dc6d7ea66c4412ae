"""What a code list is: its table, its card, and the columns it must have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from pvsignal.analysis import NEOPLASMS, EventChoice

YES_NO = frozenset({"Y", "N"})
REFERENCE = "R"  # a therapy that is compared with and not scored itself
CERTAINTY = frozenset({"high", "medium", "low"})


@dataclass(frozen=True)
class Codelist:
    """One reviewed list.

    Attributes
    ----------
    name
        Stem of its files.
    table
        One row per decision; every column is text, empty where nothing is said.
    card
        What the card beside the table states.
    sha256
        Hash of the bytes of the table, not of the card; empty for a list that the
        analysis does not have.
    file
        Where the table was read.
    """

    name: str
    table: pd.DataFrame
    card: Mapping[str, Any]
    sha256: str
    file: Path


@dataclass(frozen=True)
class Codelists(Mapping[str, Codelist]):
    """All lists of an analysis by the part they play, such as ``therapies``.

    Attributes
    ----------
    parts
        Part (the name of its schema) to list. Lists of further events play no part of
        their own; see `events`.
    files
        Every list that was read, by name.
    events
        Sets of events of the analysis.
    """

    parts: Mapping[str, Codelist]
    files: Mapping[str, Codelist]
    events: Mapping[str, EventChoice]

    def __getitem__(self, part: str) -> Codelist:
        """List that plays a part."""
        return self.parts[part]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the parts."""
        return iter(self.parts)

    def __len__(self) -> int:
        """Count the parts."""
        return len(self.parts)

    @property
    def neoplasm_rule(self) -> str | None:
        """Indication rule of the neoplasm lists, None where they are no events."""
        choice = self.events.get(NEOPLASMS)
        return choice.indication_rule if choice else None


@dataclass(frozen=True)
class Schema:
    """What one list must look like.

    Attributes
    ----------
    name
        The part that the list plays.
    columns
        All columns in order.
    key
        Columns that identify a row; rows are sorted by them.
    allowed
        Column to the values it may hold.
    regexes
        Columns that hold Python patterns.
    references
        Column (values separated by ``|``) to the kinds of names it may hold: group,
        supergroup, ingredient, class.
    also
        Names that the reference columns may hold beside those.
    blank_key_tail
        How many of the last key columns may be empty.
    stem
        Name of the shipped list, where it is not that of the part.
    optional
        Columns that may be absent and are then empty; any of the others must be there.
    about_therapies
        The list speaks of the drugs of the shipped list of therapies, so an analysis
        with a list of its own does not have it unless its folder holds one.
    """

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    allowed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    regexes: tuple[str, ...] = ()
    references: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    also: frozenset[str] = frozenset()
    blank_key_tail: int = 0
    suffix: str = ".csv"
    stem: str = ""
    optional: tuple[str, ...] = ()
    about_therapies: bool = False

    @property
    def shipped(self) -> str:
        """Name of the shipped list, the stem of its file."""
        return self.stem or self.name


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_EVENTS = ("group", "supergroup")

_ALL = (
    Schema(
        "therapies",
        _words(
            "ingredient mechanism category route us_approval eu_approval"
            " disease_brands other_brands code_names faers_prod_ai"
            " faers_drugname_variants misspellings scored product_rule product_reason"
            " match_regex exclude_other_regex exclude_form_regex disease_brand_regex"
            " conditional_brand_regex other_brand_regex disease_route_regex"
            " other_route_regex brand_confusion_rule other_indications"
            " in_core_dmt_set notes certainty"
        ),
        ("ingredient",),
        stem="ms_therapies",
        optional=_words(
            "mechanism category route us_approval eu_approval disease_brands"
            " other_brands code_names faers_prod_ai faers_drugname_variants"
            " misspellings exclude_other_regex exclude_form_regex disease_brand_regex"
            " conditional_brand_regex other_brand_regex disease_route_regex"
            " other_route_regex brand_confusion_rule other_indications in_core_dmt_set"
            " notes certainty"
        ),
        allowed={
            "scored": frozenset({"Y", "N", REFERENCE}),
            "product_rule": frozenset({"any_product", "disease_product"}),
        },
        regexes=_words(
            "match_regex exclude_other_regex exclude_form_regex disease_brand_regex"
            " conditional_brand_regex other_brand_regex disease_route_regex"
            " other_route_regex"
        ),
    ),
    Schema(
        "therapy_classes",
        _words("class_id label members mechanism rationale certainty"),
        ("class_id",),
        optional=_words("mechanism rationale certainty"),
        references={"members": ("ingredient",)},
    ),
    Schema(
        "neoplasm_groups",
        _words(
            "group_id behaviour label site supergroups n_pts faers_mentions"
            " count_as_incident_malignancy notes certainty"
        ),
        ("group_id", "behaviour"),
        allowed={"count_as_incident_malignancy": YES_NO},
        references={"supergroups": ("supergroup",)},
    ),
    Schema(
        "neoplasm_pts",
        _words(
            "pt group_id event_class not_event_reason behaviour site"
            " secondary_or_progression metastatic_form has_stage supergroups"
            " incident_malignancy faers_mentions_all_drugs"
        ),
        ("pt",),
        allowed={
            "event_class": frozenset({"neoplasm", "not_event"}),
            "behaviour": frozenset(
                {"malignant", "in_situ_premalignant", "uncertain", "benign", ""}
            ),
            "secondary_or_progression": frozenset({"0", "1"}),
            "metastatic_form": frozenset({"0", "1"}),
            "incident_malignancy": frozenset({"Y", "Y_metastatic", "N"}),
        },
        references={"group_id": ("group",), "supergroups": ("supergroup",)},
    ),
    Schema(
        "neoplasm_supergroups",
        _words("supergroup label n_pts faers_mentions_all_drugs use"),
        ("supergroup",),
    ),
    Schema(
        "neoplasm_rules",
        _words("kind position entry pattern unless"),
        ("position",),
        regexes=("pattern",),
        suffix=".json",
    ),
    Schema(
        "sex_specific_events",
        _words("event sex reason"),
        ("event",),
        allowed={"sex": frozenset({"female", "male", "both"})},
        references={"event": _EVENTS},
    ),
    Schema(
        "litigated_drugs",
        _words(
            "ingredient year_from year_to event_groups included reason certainty"
            " pattern exclude_regex"
        ),
        ("ingredient", "year_from"),
        allowed={"included": YES_NO, "certainty": CERTAINTY},
        regexes=("pattern", "exclude_regex"),
        references={"event_groups": _EVENTS},
    ),
    Schema(
        "indications",
        _words("term kind flag note basis"),
        ("term",),
        stem="ms_indication_terms",
        optional=_words("note basis"),
        allowed={
            "kind": frozenset({"term", "regex"}),
            "flag": frozenset({"include", "uncertain", "exclude"}),
        },
    ),
    Schema(
        "oncology_indications",
        _words("term kind included note basis"),
        ("term",),
        allowed={"kind": frozenset({"term", "regex"}), "included": YES_NO},
    ),
    Schema(
        "other_disease_indications",
        _words("term kind disease included note basis"),
        ("term",),
        allowed={"kind": frozenset({"term", "regex"}), "included": YES_NO},
    ),
    Schema(
        "antineoplastics",
        _words("ingredient pattern exclude_regex atc_group included note"),
        ("ingredient",),
        allowed={"included": YES_NO},
        regexes=("pattern", "exclude_regex"),
    ),
    Schema(
        "detection_markers",
        _words("pt event_groups kind note"),
        ("pt", "event_groups"),
        allowed={
            "kind": frozenset({"benign_marker", "premalignant_marker", "lead", "test"})
        },
        references={"event_groups": _EVENTS},
    ),
    Schema(
        "negative_controls",
        _words("control_type ingredient event event_level label_date reason certainty"),
        ("control_type", "ingredient", "event"),
        allowed={
            "control_type": frozenset({"negative", "positive"}),
            "event_level": frozenset({"pt", "group", "supergroup"}),
        },
        references={"ingredient": ("ingredient",)},
        about_therapies=True,
    ),
    Schema(
        "label_dates",
        _words(
            "ingredient event jurisdiction scope date_from date_precision certainty"
            " note"
        ),
        ("ingredient", "event", "jurisdiction", "scope", "date_from"),
        allowed={
            "scope": frozenset({"specific", "broad", "contraindication"}),
            "date_precision": frozenset({"day", "month", "year", ""}),
        },
        references={"ingredient": ("ingredient",), "event": _EVENTS},
        blank_key_tail=1,
        about_therapies=True,
    ),
    Schema(
        "label_malignancy",
        _words(
            "ingredient brand us_listed us_section us_cancers_named us_first_year"
            " eu_listed eu_section eu_cancers_named eu_first_year labelled_groups"
            " watch_groups_not_labelled certainty basis"
        ),
        ("ingredient", "brand"),
        references={
            "ingredient": ("ingredient",),
            "labelled_groups": _EVENTS,
            "watch_groups_not_labelled": _EVENTS,
        },
        about_therapies=True,
    ),
    Schema(
        "label_words",
        _words("word pattern unless included reason"),
        ("word",),
        allowed={"included": YES_NO},
        regexes=("pattern", "unless"),
    ),
    Schema(
        "notoriety_dates",
        _words("ingredient date what source certainty"),
        ("ingredient", "date", "what"),
        about_therapies=True,
    ),
    Schema(
        "countries",
        _words("text iso2 name region included reason"),
        ("text",),
        allowed={"included": YES_NO},
    ),
    Schema(
        "salts",
        _words("word kind included note"),
        ("word",),
        allowed={"kind": frozenset({"salt", "stem"}), "included": YES_NO},
    ),
    Schema(
        "placeholder_names",
        _words("name kind included note"),
        ("name",),
        allowed={"kind": frozenset({"term", "regex"}), "included": YES_NO},
    ),
    Schema(
        "reporters",
        _words("occp_cod label is_professional note"),
        ("occp_cod",),
        allowed={"is_professional": YES_NO},
    ),
)

SCHEMAS: Mapping[str, Schema] = {schema.name: schema for schema in _ALL}

# Lists of further events: named in the analysis, none ships as a part of its own.
EVENT_TERMS = Schema(
    "event_terms",
    _words("pt group_id included reason certainty"),
    ("pt",),
    optional=_words("certainty"),
    allowed={"included": YES_NO},
)
EVENT_GROUPS = Schema(
    "event_groups",
    _words("event level label members included reason"),
    ("event", "level"),
    allowed={"level": frozenset({"group", "supergroup"}), "included": YES_NO},
)
