"""Archives come in: one run at a time lands them and stages them as Parquet."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from pvsignal import warehouse
from pvsignal.errors import LockedError, UsageError
from pvsignal.progress import NoProgress, Progress
from pvsignal.quarter import Quarter, QuarterSpan
from pvsignal.settings import Settings
from pvsignal.sources import land as landing
from pvsignal.sources import manifest
from pvsignal.sources import stage as staging
from pvsignal.sources.listing import (
    POSTED_WITHIN,
    Listing,
    list_fda_or_recall,
    list_mirror,
    newest_expected,
)

Clock = Callable[[], dt.datetime]


def utc_now() -> dt.datetime:
    """Clock of the system, in UTC."""
    return dt.datetime.now(dt.UTC)


@contextmanager
def hold(settings: Settings) -> Iterator[None]:
    """Hold the data directory: one run at a time, from the command line or a flow.

    Raises
    ------
    LockedError
        If another run holds it.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    lock = FileLock(settings.lock_path)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise LockedError(
            f"another run holds {settings.data_dir} ({settings.lock_path.name}); "
            "wait until it ends"
        ) from error
    try:
        yield
    finally:
        lock.release()


@dataclass(frozen=True)
class Landed:
    """Archives held after a landing, and what a person should know of it.

    Attributes
    ----------
    archives
        All archives held within the span, in quarter order.
    n_new
        How many of them came with this landing.
    notes
        Lines: the listing moved or failed, archives were renamed, re-issued or are not
        there, the newest held quarter is older than the FDA's habit.
    """

    archives: tuple[manifest.Archive, ...]
    n_new: int
    notes: tuple[str, ...]


def land(
    settings: Settings,
    *,
    span: QuarterSpan | None = None,
    recheck: bool = False,
    now: Clock = utc_now,
    progress: Progress | None = None,
) -> Landed:
    """Bring the archives of a span from the mirror or the FDA into the data directory.

    Parameters
    ----------
    settings
        Where, and from where.
    span
        Quarters to land; None for all that are offered.
    recheck
        Fetch held archives again and compare their hashes.
    now, progress
        Clock and listener.

    Raises
    ------
    SourceError
        If the source cannot be read or an archive is not whole.
    """
    http = landing.HttpOptions(
        timeout_seconds=settings.http_timeout_seconds,
        tries=settings.http_tries,
        wait_seconds=settings.http_wait_seconds,
    )
    today = now().date()
    listing = (
        Listing(list_mirror(settings.mirror, http))
        if settings.mirror
        else list_fda_or_recall(
            settings.listing_url,
            archive_url=settings.archive_url,
            memory=settings.data_dir / "landing" / "listing.json",
            today=today,
            http=http,
        )
    )
    landed = landing.land(
        settings.data_dir,
        listing.items,
        http=http,
        span=span,
        now=now,
        recheck=recheck,
        progress=progress,
    )
    notes = (*listing.notes, *landed.notes(), *staleness(settings, today=today))
    return Landed(landed.archives, len(landed.new), notes)


def staleness(settings: Settings, *, today: dt.date) -> tuple[str, ...]:
    """Say whether the newest held quarter is older than the FDA's habit of posting.

    Simulated archives are never stale.
    """
    held = sorted(manifest.read_manifest(settings.data_dir))
    expected = newest_expected(today)
    if (
        not held
        or held[-1] >= expected
        or manifest.read_origin(settings.data_dir) == "simulated"
    ):
        return ()
    due = expected.last_day + POSTED_WITHIN
    return (
        f"stale: the newest held quarter is {held[-1]}; {expected} should be out since "
        f"{due}, seven weeks after its end: look at the FDA's listing",
    )


@dataclass(frozen=True)
class Reissue:
    """How an archive differs from the one of its quarter that was staged before it.

    Attributes
    ----------
    quarter
        As text.
    archive_sha256, replaced_sha256
        Hashes of the archive in use and of the one before.
    changes
        Table to (rows only in the new, rows only in the old one); equal tables are not
        named. None where the earlier staging was removed.
    n_reports
        Reports with a row that differs; None as before.
    """

    quarter: str
    archive_sha256: str
    replaced_sha256: str
    changes: Mapping[str, tuple[int, int]] | None
    n_reports: int | None

    def __str__(self) -> str:
        said = (
            f"{self.quarter} was re-issued: {self.archive_sha256[:12]} replaces "
            f"{self.replaced_sha256[:12]}; "
        )
        if self.changes is None:
            return said + "what changed is not known, the earlier staging was removed"
        rows = ", ".join(
            f"{table} +{added:,} -{removed:,}"
            for table, (added, removed) in self.changes.items()
        )
        return said + f"rows {rows or 'unchanged'}; {self.n_reports:,} reports differ"


@dataclass(frozen=True)
class Staged:
    """Quarters that are staged, ascending, with the archive of each.

    Attributes
    ----------
    reissues
        What changed, of every archive that replaced another one.
    """

    archives: tuple[manifest.Archive, ...]
    keys: tuple[str, ...]
    reissues: tuple[Reissue, ...] = ()

    @property
    def quarters(self) -> tuple[Quarter, ...]:
        """Held quarters, ascending."""
        return tuple(archive.quarter for archive in self.archives)


def stage(
    settings: Settings,
    *,
    span: QuarterSpan | None = None,
    progress: Progress | None = None,
) -> Staged:
    """Read the landed archives of a span into Parquet; those in use are left alone.

    Raises
    ------
    UsageError
        If no landed quarter lies in the span.
    LayoutError, CheckFailed
        If an archive is not laid out as documented.
    """
    held = manifest.read_manifest(settings.data_dir)
    if not held:
        raise UsageError(
            f"no archive is landed in {settings.data_dir}; run 'pvsignal land' first"
        )
    wanted = [held[q] for q in sorted(held) if span is None or q in span]
    if not wanted:
        raise UsageError(
            f"no quarter of {span} is held in {settings.data_dir}; held are "
            f"{spans_of(sorted(held))}; land them or change --quarters"
        )
    listener = progress or NoProgress()
    before = staged_manifest(settings)
    in_use = dict(before)
    staging.sweep(settings.staged_dir)
    for archive in wanted:
        staged = staging.stage_archive(
            settings.data_dir / archive.path,
            archive.quarter,
            sha256=archive.sha256,
            staged_dir=settings.staged_dir,
            threads=settings.threads or os.cpu_count() or 1,
            progress=listener,
        )
        name = str(archive.quarter)
        in_use[name] = _entry(settings, archive, staged.key, in_use.get(name))
    if in_use != before:
        manifest.write_json(settings.staged_dir / "manifest.json", in_use)
    return staged_before(settings, span=span)


def _entry(
    settings: Settings,
    archive: manifest.Archive,
    key: str,
    before: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Entry of a quarter in the manifest, with every re-issue that it went through."""
    reissues = list(before.get("reissues", [])) if before else []
    if before and before.get("archive_sha256", archive.sha256) != archive.sha256:
        folder = settings.staged_dir / str(archive.quarter)
        reissues.append(asdict(_reissue(archive, before, folder, key)))
    return {
        "key": key,
        "archive": archive.name,
        "archive_sha256": archive.sha256,
        "reissues": reissues,
    }


def _reissue(
    archive: manifest.Archive, before: Mapping[str, Any], folder: Path, key: str
) -> Reissue:
    found = warehouse.staged_difference(folder / before["key"], folder / key)
    changes, n_reports = found or (None, None)
    return Reissue(
        str(archive.quarter),
        archive.sha256,
        before["archive_sha256"],
        changes,
        n_reports,
    )


def staged_before(settings: Settings, *, span: QuarterSpan | None = None) -> Staged:
    """Quarters that are staged already, without staging anything.

    Raises
    ------
    UsageError
        If none is, or one is staged from another archive than the one held, or by an
        older version of pvsignal.
    """
    in_use = staged_manifest(settings)
    held = manifest.read_manifest(settings.data_dir)
    archives = [
        held[q]
        for q in sorted(held)
        if str(q) in in_use and (span is None or q in span)
    ]
    if not archives:
        raise UsageError(
            f"no staged quarter in {settings.data_dir}"
            + (f" within {span}" if span else "")
            + "; run 'pvsignal land' and 'pvsignal stage' first"
        )
    entries = [in_use[str(archive.quarter)] for archive in archives]
    outdated = [
        archive.quarter
        for archive, entry in zip(archives, entries, strict=True)
        if entry["key"] != staging.staged_key(archive.sha256)
    ]
    if outdated:
        raise UsageError(
            f"{spans_of(outdated)} in {settings.data_dir} "
            f"{'is' if len(outdated) == 1 else 'are'} staged from another archive than "
            "the one held, or by an older version; run 'pvsignal stage' first"
        )
    return Staged(
        tuple(archives),
        tuple(entry["key"] for entry in entries),
        reissues_of(entries),
    )


def reissues_of(entries: Iterable[Mapping[str, Any]]) -> tuple[Reissue, ...]:
    """Re-issues that the entries of a manifest of staged quarters name."""
    return tuple(
        Reissue(**one) for entry in entries for one in entry.get("reissues", [])
    )


def staged_manifest(settings: Settings) -> dict[str, Any]:
    """Quarters that are staged and their keys, as ``staged/manifest.json`` says.

    Raises
    ------
    UsageError
        If the file is there but cannot be read.
    """
    file = settings.staged_dir / "manifest.json"
    if not file.exists():
        return {}
    try:
        entries = json.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise _no_manifest(file, str(error)) from error
    if not isinstance(entries, dict) or not all(
        isinstance(entry, dict) and "key" in entry for entry in entries.values()
    ):
        raise _no_manifest(file, "it does not map quarters to keys")
    return entries


def _no_manifest(file: Path, reason: str) -> UsageError:
    return UsageError(
        f"{file} is no manifest of staged quarters ({reason}); delete it and run "
        "'pvsignal stage' again"
    )


def spans_of(quarters: list[Quarter]) -> str:
    """Quarters as text, unbroken stretches as ``first..last``."""
    stretches: list[list[Quarter]] = []
    for quarter in quarters:
        if stretches and stretches[-1][-1].next() == quarter:
            stretches[-1].append(quarter)
        else:
            stretches.append([quarter])
    return ", ".join(
        str(s[0]) if len(s) == 1 else f"{s[0]}..{s[-1]}" for s in stretches
    )
