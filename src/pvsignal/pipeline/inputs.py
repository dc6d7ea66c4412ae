"""What a run is a function of, and the identity that follows from it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pvsignal import __version__, codelists, duplicates
from pvsignal.analysis import Analysis
from pvsignal.codelists import Codelists
from pvsignal.errors import CodelistError, UsageError
from pvsignal.layout import gates
from pvsignal.layout.gates import KnownCount
from pvsignal.pipeline.dictionary_events import (
    DictionaryEvents,
    read_dictionary_events,
)
from pvsignal.pipeline.intake import Staged
from pvsignal.pipeline.label_texts import LabelTexts, read_label_texts
from pvsignal.pipeline.reviewing import held_ledger
from pvsignal.pipeline.variants import variant_tables
from pvsignal.quarter import Quarter
from pvsignal.settings import Settings
from pvsignal.sources import manifest
from pvsignal.sources import stage as staging


@dataclass(frozen=True)
class Inputs:
    """Everything that a run is a function of, apart from the ledger.

    Attributes
    ----------
    identity
        12 hex over archive hashes in quarter order, staging version, linkage version,
        analysis, code lists, gates, the operator's counts where there are any, package
        version, as_of and the last review record; with a MedDRA folder also over its
        content and the SMQs that the settings name, with label texts over those.
    known_counts
        What the quarters are held against: shipped counts and the operator's.
    meddra
        Events of a user's own MedDRA folder; None without one.
    label_texts
        Labels that ``pvsignal labels`` read; None where it never did.
    """

    staged: Staged
    as_of: Quarter
    analysis: Analysis
    lists: Codelists
    origin: str
    is_complete: bool
    identity: str
    known_counts: tuple[KnownCount, ...]
    meddra: DictionaryEvents | None = None
    label_texts: LabelTexts | None = None

    @property
    def quarters(self) -> tuple[Quarter, ...]:
        """Held quarters that count, up to as_of."""
        return tuple(q for q in self.staged.quarters if q <= self.as_of)


def read_lists(analysis: Analysis) -> Codelists:
    """Code lists of an analysis, checked against each other and against it.

    Raises
    ------
    CodelistError
        As `codelists.load_codelists`, or if a reference of comparator C is empty or a
        sentinel event is none of the analysis.
    """
    lists = codelists.load_codelists(analysis=analysis)
    variant_tables(analysis, lists)
    codelists.sentinel_events(lists, analysis.emerging.sentinel_events)
    return lists


def identify(
    settings: Settings,
    analysis: Analysis,
    *,
    staged: Staged,
    as_of: Quarter | None = None,
) -> Inputs:
    """Pin the inputs of a run.

    A run on a part of the held quarters, or as of an earlier one, moves neither the
    ledger nor ``current``.

    Parameters
    ----------
    settings, analysis, staged
        Where, what, and on which quarters.
    as_of
        Quarter up to which evidence counts; None for the latest held quarter.

    Raises
    ------
    UsageError
        If as_of lies before the first or after the last held quarter.
    SourceError
        If the label texts of openFDA are not whole.
    CodelistError
        If a code list or the operator's file of known counts is not valid, or the
        looser duplicate threshold lies below the links that are kept.
        If a code list is not valid, or the MedDRA folder is none.
    CheckFailed
        If the ledger is not whole.
    """
    first, last = staged.quarters[0], staged.quarters[-1]
    if as_of is not None and not first <= as_of <= last:
        raise UsageError(
            f"--as-of {as_of} lies outside the held quarters {first} to {last}; "
            "choose one within, or land more"
        )
    counted = [q for q in staged.quarters if as_of is None or q <= as_of]
    lists = read_lists(analysis)
    require_kept_links(analysis)
    stated = gates.operator_counts(settings.known_counts_path)
    records = held_ledger(settings, analysis.name)
    reviews = [record.hash for record in records if record.kind == "review"]
    content = {
        "archives": [a.sha256 for a in staged.archives if a.quarter <= counted[-1]],
        "staging": staging.staging_version(),
        "analysis": analysis.sha256,
        "codelists": codelists.codelists_hash(lists),
        "gates": gates.gates_hash(),
        "duplicates": duplicates.linkage_version(),
        "package": __version__,
        "as_of": str(counted[-1]),
        "review": reviews[-1] if reviews else "",
    }
    if stated:
        content["known_counts"] = gates.counts_hash(stated)
    dictionary = read_dictionary_events(settings, analysis)
    if dictionary is not None:
        content["meddra"] = [dictionary.sha256, *settings.meddra_smqs]
    texts = read_label_texts(settings)
    if texts is not None:
        content["label_texts"] = texts.sha256
    held = manifest.read_manifest(settings.data_dir)
    return Inputs(
        staged=staged,
        as_of=counted[-1],
        analysis=analysis,
        lists=lists,
        origin=manifest.read_origin(settings.data_dir) or "",
        is_complete=as_of is None and set(held) == set(staged.quarters),
        identity=short_hash(content),
        known_counts=gates.counts_with(stated),
        meddra=dictionary,
        label_texts=texts,
    )


def require_kept_links(analysis: Analysis) -> None:
    """Refuse a looser duplicate threshold whose pairs are not kept.

    Raises
    ------
    CodelistError
        If it lies below the least weight that is kept, or above the threshold.
    """
    decision = duplicates.load_model().decision
    least, most = decision.kept_match_weight, decision.threshold_match_weight
    wanted = analysis.checks.looser_match_weight
    if not least <= wanted <= most:
        raise CodelistError(
            f"analysis {analysis.name}: checks.looser_match_weight is {wanted:g}, but "
            f"links are kept from {least:g} bits on and suspected from {most:g}; choose"
            " a weight between them"
        )


def short_hash(content: Mapping[str, Any]) -> str:
    """12 hex that identify a content, whatever the order of its keys."""
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
