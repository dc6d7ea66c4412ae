"""What differs between the inputs of two runs, and which of it moves a count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pvsignal.quarter import Quarter

# In this order: the first that differs takes what cannot be told apart.
REASONS: Final = ("code_lists", "vocabulary", "archives")


@dataclass(frozen=True)
class RunInputs:
    """Inputs of one run, as far as they decide about counts.

    Attributes
    ----------
    run
        Identity of the run; empty for one that has none yet.
    as_of
        Quarter up to which evidence counts.
    origin, analysis
        Where the archives come from, and the name of the analysis.
    analysis_sha256, codelists_sha256
        Hashes of the analysis file and of all code lists.
    staging_version, linkage_version, pvsignal_version
        Versions of the reader of archives, of the search for suspected duplicates and
        of the program.
    meddra_sha256
        Hash of a user's own MedDRA folder, empty without one. It adds events of a
        level of its own and moves no count of a group or supergroup.
    archives
        Ordinal of each held quarter up to as_of to the SHA-256 of its archive.
    lists
        Name of each code list to its SHA-256.
    """

    run: str
    as_of: Quarter
    origin: str
    analysis: str
    analysis_sha256: str
    codelists_sha256: str
    staging_version: str
    linkage_version: str
    pvsignal_version: str
    meddra_sha256: str
    archives: Mapping[int, str]
    lists: Mapping[str, str]


@dataclass(frozen=True)
class Differences:
    """What differs between the inputs of two runs up to the earlier one's quarter.

    Attributes
    ----------
    reasons
        Those of `REASONS` that can move a count as of that quarter, in their order.
    archives
        Ordinals of the quarters whose archive was added, removed or re-issued.
    words
        What differs, for a person; empty where nothing does.
    """

    reasons: tuple[str, ...]
    archives: tuple[int, ...]
    words: tuple[str, ...]


def not_comparable(before: RunInputs, now: RunInputs) -> str | None:
    """Reason why two runs are not compared, in words; None where they are.

    Parameters
    ----------
    before, now
        The previous published run and this one.
    """
    if before.origin != now.origin:
        return (
            f"the previous run counted archives of origin {before.origin}, this one "
            f"of origin {now.origin}"
        )
    if before.analysis != now.analysis:
        return f"the previous run is one of the analysis {before.analysis}"
    if before.as_of > now.as_of:
        return f"the previous run is as of {before.as_of}, later than {now.as_of}"
    if min(now.archives) > before.as_of.ordinal:
        return f"no quarter up to {before.as_of} is held any more"
    return None


def differences(before: RunInputs, now: RunInputs) -> Differences:
    """What differs between the inputs of two runs that can be compared.

    Archives after the previous run's quarter are new evidence and no difference.

    Parameters
    ----------
    before, now
        The previous published run and this one, which is not of an earlier quarter.
    """
    held = {no: sha for no, sha in now.archives.items() if no <= before.as_of.ordinal}
    kinds = {
        no: (
            "added"
            if no not in before.archives
            else "removed"
            if no not in held
            else "re-issued"
        )
        for no in sorted({*held, *before.archives})
        if held.get(no) != before.archives.get(no)
    }
    words = {
        "code_lists": (
            *_list_words(before, now),
            *(
                ["analysis file"]
                if before.analysis_sha256 != now.analysis_sha256
                else []
            ),
        ),
        "vocabulary": (
            *_version_words("program", before.pvsignal_version, now.pvsignal_version),
            *_version_words(
                "reader of archives", before.staging_version, now.staging_version
            ),
            *_version_words(
                "search for suspected duplicates",
                before.linkage_version,
                now.linkage_version,
            ),
        ),
        "archives": tuple(
            f"archive of {Quarter.from_ordinal(no)} {kind}"
            for no, kind in kinds.items()
        ),
    }
    aside = (
        ("MedDRA folder (moves no group or supergroup)",)
        if before.meddra_sha256 != now.meddra_sha256
        else ()
    )
    return Differences(
        reasons=tuple(reason for reason in REASONS if words[reason]),
        archives=tuple(kinds),
        words=(*(text for reason in REASONS for text in words[reason]), *aside),
    )


def _list_words(before: RunInputs, now: RunInputs) -> tuple[str, ...]:
    if before.codelists_sha256 == now.codelists_sha256:
        return ()
    named = tuple(
        f"code list {name} "
        + (
            "added"
            if name not in before.lists
            else "removed"
            if name not in now.lists
            else "changed"
        )
        for name in sorted({*before.lists, *now.lists})
        if before.lists.get(name) != now.lists.get(name)
    )
    return named or ("code lists",)


def _version_words(what: str, before: str, now: str) -> tuple[str, ...]:
    return (f"{what} {before} -> {now}",) if before != now else ()
