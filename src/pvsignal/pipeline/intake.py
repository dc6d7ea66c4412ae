"""Archives come in: one run at a time lands them and stages them as Parquet."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from pvsignal.errors import LockedError, UsageError
from pvsignal.progress import NoProgress, Progress
from pvsignal.quarter import Quarter, QuarterSpan
from pvsignal.settings import Settings
from pvsignal.sources import land as landing
from pvsignal.sources import manifest
from pvsignal.sources import stage as staging

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


def land(
    settings: Settings,
    *,
    span: QuarterSpan | None = None,
    now: Clock = utc_now,
    progress: Progress | None = None,
) -> landing.LandResult:
    """Bring the archives of a span from the mirror or the FDA into the data directory.

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
    listed = (
        landing.list_mirror(settings.mirror, http)
        if settings.mirror
        else landing.list_fda(settings.listing_url, http)
    )
    return landing.land(
        settings.data_dir, listed, http=http, span=span, now=now, progress=progress
    )


@dataclass(frozen=True)
class Staged:
    """Quarters that are staged, ascending, with the archive of each."""

    archives: tuple[manifest.Archive, ...]
    keys: tuple[str, ...]

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
    keys = [
        staging.stage_archive(
            settings.data_dir / archive.path,
            archive.quarter,
            sha256=archive.sha256,
            staged_dir=settings.staged_dir,
            threads=settings.threads or os.cpu_count() or 1,
            progress=listener,
        ).key
        for archive in wanted
    ]
    in_use = staged_manifest(settings) | {
        str(archive.quarter): {
            "key": key,
            "archive": archive.name,
            "archive_sha256": archive.sha256,
        }
        for archive, key in zip(wanted, keys, strict=True)
    }
    if in_use != staged_manifest(settings):
        manifest.write_json(settings.staged_dir / "manifest.json", in_use)
    return Staged(tuple(wanted), tuple(keys))


def staged_before(settings: Settings, *, span: QuarterSpan | None = None) -> Staged:
    """Quarters that are staged already, without staging anything.

    Raises
    ------
    UsageError
        If none is.
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
    return Staged(
        tuple(archives), tuple(in_use[str(a.quarter)]["key"] for a in archives)
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
