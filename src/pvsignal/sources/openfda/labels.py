"""Sentences about malignancy in the US labels of the scored therapies.

A label is one version of one product's text (``set_id`` is the product, several a
therapy where there are generics). Which label is whose is decided by the names of its
``openfda`` block; a label without the block is not found. Texts are kept as they are.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from pvsignal import codelists
from pvsignal.codelists import Codelists, LabelWords
from pvsignal.sources import values
from pvsignal.sources.manifest import write_json
from pvsignal.sources.openfda import query
from pvsignal.sources.openfda.client import Client
from pvsignal.sources.openfda.folders import folder_of, written_whole

ENDPOINT = "drug/label"
# Sections on what the product may do to people. Indications and tests on animals name
# cancers too and say something else.
SECTIONS = (
    "boxed_warning",
    "recent_major_changes",
    "contraindications",
    "warnings_and_cautions",
    "warnings",
    "precautions",
    "general_precautions",
    "adverse_reactions",
    "information_for_patients",
    "spl_medguide",
    "spl_patient_package_insert",
)
_NAME_FIELDS = ("generic_name", "brand_name", "substance_name")

# A full stop inside a number or before a small letter ends no sentence.
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[^a-z\s])|\s*•\s*")

_LABEL = pa.schema(
    [
        ("therapy", pa.string()),
        ("set_id", pa.string()),
        ("label_id", pa.string()),
        ("version", pa.string()),
        ("effective_time", pa.string()),
        ("effective_date", pa.date32()),
        ("brand_name", pa.string()),
        ("generic_name", pa.string()),
        ("manufacturer_name", pa.string()),
        ("n_mentions", pa.int32()),
        ("source", pa.string()),
    ]
)
_MENTION = pa.schema(
    [
        *(_LABEL.field(name) for name in _LABEL.names[:6]),
        ("section", pa.string()),
        ("sentence_no", pa.int32()),
        ("words", pa.string()),
        ("sentence", pa.string()),
        ("source", pa.string()),
    ]
)

Label = Mapping[str, Any]


@dataclass(frozen=True)
class Mention:
    """One sentence of a label that speaks of malignancy.

    Attributes
    ----------
    section
        Field of openFDA, one of `SECTIONS`.
    sentence_no
        Place of the sentence in its section, from 1.
    words
        Words of ``label_words`` that it holds.
    """

    section: str
    sentence_no: int
    words: tuple[str, ...]
    sentence: str


@dataclass(frozen=True)
class LandedLabels:
    """The latest label of each therapy and product, with its sentences.

    Attributes
    ----------
    path
        Folder with ``label.parquet``, ``mention.parquet`` and ``manifest.json``.
    n_labels, n_mentions
        Rows of both.
    n_older, n_unnamed
        Labels left out: an older version of one that is held; no scored therapy among
        the names that openFDA gives it.
    """

    path: Path
    url: str
    queries: tuple[str, ...]
    retrieved: str
    last_updated: str
    n_labels: int
    n_mentions: int
    n_older: int
    n_unnamed: int


def land_labels(
    client: Client,
    lists: Codelists,
    *,
    folder: Path,
    retrieved: dt.datetime,
) -> LandedLabels:
    """Fetch the labels of the scored therapies and write what they say of malignancy.

    Parameters
    ----------
    client
        Open connection.
    lists
        All code lists.
    folder
        Parent of the new folder, ``<data_dir>/openfda/labels``; the newest five stay.
    retrieved
        Time of the run, UTC.

    Raises
    ------
    SourceError
        As the client; transient where openFDA was rebuilt between two searches.
    """
    searches = _searches(lists)
    labels, updated = _fetch(client, searches)
    latest, n_older, n_unnamed = _latest(labels, lists)
    words = codelists.label_words(lists)
    label_rows, mention_rows = [], []
    for (therapy, _), label in sorted(latest.items()):
        head = _head(therapy, label)
        found = list(mentions(label, words))
        names = {
            name: "|".join(_texts(_block(label).get(name))) or None
            for name in ("brand_name", "generic_name", "manufacturer_name")
        }
        label_rows.append(head | names | {"n_mentions": len(found)})
        mention_rows += [
            head | asdict(one) | {"words": "|".join(one.words)} for one in found
        ]
    final = folder_of(folder, retrieved, [client.url, *searches])
    landed = LandedLabels(
        path=final,
        url=client.url,
        queries=tuple(searches),
        retrieved=retrieved.isoformat(),
        last_updated=updated,
        n_labels=len(label_rows),
        n_mentions=len(mention_rows),
        n_older=n_older,
        n_unnamed=n_unnamed,
    )
    with written_whole(final) as temporary:
        for name, rows, schema in (
            ("label", label_rows, _LABEL),
            ("mention", mention_rows, _MENTION),
        ):
            table = pa.Table.from_pylist(rows, schema=schema)
            pa.parquet.write_table(table, temporary / f"{name}.parquet")
        write_json(
            temporary / "manifest.json",
            asdict(landed) | {"path": final.name, "source": f"openFDA {ENDPOINT}"},
        )
    return landed


def mentions(label: Label, words: LabelWords) -> Iterator[Mention]:
    """Sentences of a label that hold one of the words, section by section."""
    for section in SECTIONS:
        text = " ".join(_texts(label.get(section)))
        for place, sentence in enumerate(sentences(text), 1):
            found = words.found_in(sentence)
            if found:
                yield Mention(section, place, found, sentence)


def sentences(text: str) -> tuple[str, ...]:
    """Split a text at full stops and bullets; markup stays as it stands.

    Examples
    --------
    >>> sentences("Risk of 1.5 % (see 5.1). Melanoma occurred, e.g. in adults.")
    ('Risk of 1.5 % (see 5.1).', 'Melanoma occurred, e.g. in adults.')
    """
    return tuple(part.strip() for part in _SENTENCE.split(text) if part.strip())


def _searches(lists: Codelists) -> tuple[str, ...]:
    names = sorted(set(codelists.search_names(lists)["name"]))
    parts = [query.phrase(f"openfda.{f}", name) for name in names for f in _NAME_FIELDS]
    return tuple(
        query.any_of(batch)
        for batch in query.in_batches(parts, longest=query.LONGEST_SEARCH)
    )


def _fetch(client: Client, searches: Sequence[str]) -> tuple[list[Label], str]:
    labels: dict[str, Label] = {}
    updated = ""
    for page in client.pages_of(ENDPOINT, searches, sort="effective_time:asc"):
        updated = page.last_updated
        labels |= {str(label.get("id")): label for label in page.records}
    return list(labels.values()), updated


def _latest(
    labels: Sequence[Label], lists: Codelists
) -> tuple[Mapping[tuple[str, str], Label], int, int]:
    """Latest label by (therapy, set_id), older ones, and those that name no therapy."""
    names = {name for label in labels for name in _names(label)}
    therapies = codelists.therapies_named(sorted(names), lists)
    latest: dict[tuple[str, str], Label] = {}
    n_older = n_unnamed = 0
    for label in sorted(labels, key=_age):
        named = {t for name in _names(label) for t in therapies.get(name, ())}
        n_unnamed += not named
        for therapy in named:
            key = (therapy, str(label.get("set_id")))
            n_older += key in latest
            latest[key] = label
    return latest, n_older, n_unnamed


def _age(label: Label) -> tuple[str, int, str]:
    version = str(label.get("version", ""))
    number = int(version) if version.isdecimal() else 0
    return str(label.get("effective_time", "")), number, str(label.get("id"))


def _names(label: Label) -> Iterable[str]:
    block = _block(label)
    return [text for field in _NAME_FIELDS for text in _texts(block.get(field))]


def _block(label: Label) -> Mapping[str, Any]:
    block = label.get("openfda")
    return block if isinstance(block, dict) else {}


def _head(therapy: str, label: Label) -> dict[str, Any]:
    effective = str(label.get("effective_time", ""))
    date = values.date_of(effective)
    return {
        "therapy": therapy,
        "set_id": str(label.get("set_id")),
        "label_id": str(label.get("id")),
        "version": str(label.get("version", "")) or None,
        "effective_time": effective or None,
        "effective_date": date and date[0],
        "source": "openfda",
    }


def _texts(value: object) -> list[str]:
    several = value if isinstance(value, list) else [value]
    return [one for one in several if isinstance(one, str) and one.strip()]
