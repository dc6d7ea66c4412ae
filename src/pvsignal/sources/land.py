"""Archives landed: fetched, proven whole, kept under their hash, entered in a manifest.

A body is believed only after its first bytes, its central directory and the CRC of
every member; until then it is a temporary file in ``landing`` that no failure leaves
behind.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import zipfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeVar

import requests

from pvsignal.errors import SourceError
from pvsignal.progress import NoProgress, Progress
from pvsignal.quarter import QuarterSpan
from pvsignal.sources.archive import DAMAGE, opened, require_harmless
from pvsignal.sources.http import (
    Body,
    HttpOptions,
    NotServed,
    download,
    open_session,
    remote_size,
)
from pvsignal.sources.listing import (
    Listed,
    has_usual_prefix,
    is_url,
    other_case,
)
from pvsignal.sources.manifest import (
    Archive,
    claim_origin,
    read_manifest,
    read_origin,
    replace_durably,
    write_manifest,
)

__all__ = [
    "HttpOptions",
    "LandResult",
    "land",
    "origin_of",
    "verify_archive",
]

SIMULATED_MEMBER = "simulated.txt"

_T = TypeVar("_T")

_MAGIC = b"PK\x03\x04"
_PAGE_STARTS = (b"<!doctype", b"<html", b"<head", b"<?xml", b"<!--")
_COPY_BYTES = 1024 * 1024
_PART = ".part"


@dataclass(frozen=True)
class LandResult:
    """What is held after a landing.

    Attributes
    ----------
    archives
        All archives held within the span, in quarter order.
    new
        Those of them that came with this landing.
    reissued
        Those of ``new`` whose quarter was held with other bytes before; the old file
        stays beside the new one.
    renamed
        Those of ``archives`` whose prefix is neither ``aers`` nor ``faers``.
    absent
        Guessed archives that the server does not have.
    """

    archives: tuple[Archive, ...]
    new: tuple[Archive, ...]
    reissued: tuple[Archive, ...]
    renamed: tuple[Archive, ...]
    absent: tuple[Listed, ...] = ()

    def notes(self) -> tuple[str, ...]:
        """Lines for a person: what is unusual about the archives."""
        return (
            *(f"{a.name} has another prefix than aers or faers" for a in self.renamed),
            *(
                f"{a.name} was re-issued: it now has SHA-256 {a.sha256[:12]}...; the "
                "archive held before stays beside it"
                for a in self.reissued
            ),
            *(f"{item.name} is not (yet) on the server" for item in self.absent),
        )


def land(
    data_dir: Path,
    listed: Sequence[Listed],
    *,
    http: HttpOptions | None = None,
    span: QuarterSpan | None,
    now: Callable[[], dt.datetime],
    recheck: bool = False,
    progress: Progress | None = None,
) -> LandResult:
    """Land the archives listed within a span that are not held as they are listed.

    A file of a folder is held if its hash is in the manifest. A file on a server is
    taken as held if it has the size of the one in the manifest: a re-issue of exactly
    the same size shows only when the landed file is removed. Each archive is in the
    manifest before the next is begun, so that an interrupted landing goes on where it
    was.

    Parameters
    ----------
    data_dir
        Data directory; made if it is not there.
    listed
        As `list_mirror` or `list_fda` gives it.
    http
        Patience with a server.
    span
        Quarters to land; None for all that are listed.
    now
        Clock, for ``Archive.retrieved``.
    recheck
        Fetch what is held again and compare its hash; else a file on a server counts
        as unchanged while its size is.
    progress
        Hears the bytes of each archive.

    Raises
    ------
    SourceError
        If nothing is listed in the span, an archive cannot be fetched or is not whole.
    UsageError
        If the data directory holds archives of another origin.
    """
    wanted = _within(listed, span)
    _refuse_mixture(data_dir, wanted)
    held = read_manifest(data_dir)
    new, reissued, absent = [], [], []
    refusal: SourceError | None = None
    _sweep(data_dir)
    with open_session() as session:
        landing = _Landing(
            data_dir,
            session,
            http or HttpOptions(),
            now,
            recheck,
            progress or NoProgress(),
        )
        for item in wanted:
            before = held.get(item.quarter)
            try:
                archive = landing.land_one(item, before)
            except NotServed as error:
                if not item.is_guess:
                    raise
                absent.append(item)
                refusal = error
                continue
            if archive is before:
                continue
            held[item.quarter] = archive
            write_manifest(data_dir, held)
            new.append(archive)
            if before is not None and before.sha256 != archive.sha256:
                reissued.append(archive)
    archives = tuple(held[q] for q in sorted(held) if span is None or q in span)
    if refusal is not None and not archives:
        raise refusal
    return LandResult(
        archives,
        tuple(new),
        tuple(reissued),
        tuple(a for a in archives if not has_usual_prefix(a.name)),
        tuple(absent),
    )


def verify_archive(path: Path, name: str) -> None:
    """Prove that a file is a whole zip: first bytes, directory, CRC of each member.

    Parameters
    ----------
    path
        The file.
    name
        What to call it in the message.

    Raises
    ------
    SourceError
        If it is anything else; the message says what (`NotServed` for an HTML page).
    """
    with path.open("rb") as file:
        head = file.read(1024)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PAGE_STARTS):
        raise NotServed(
            f"{name} is an HTML page named .zip; check that the quarter is published, "
            "or fetch it again"
        )
    if not head.startswith(_MAGIC):
        found = f"begins with {head[:8]!r}" if head else "is empty"
        raise SourceError(f"{name} is no zip: it {found}; fetch it again")
    try:
        with zipfile.ZipFile(path) as archive:
            require_harmless(archive, archive=name)
            damaged = _damaged_member(archive)
    except zipfile.BadZipFile as error:
        raise SourceError(
            f"{name} is truncated: it begins as a zip but its central directory does "
            f"not follow ({error}); fetch it again"
        ) from error
    except (*DAMAGE, OSError, ValueError, RuntimeError) as error:
        raise SourceError(f"{name} is damaged: {error}; fetch it again") from error
    if damaged is not None:
        raise SourceError(
            f"{name} is damaged: its member {damaged} fails its CRC; fetch it again"
        )


def _damaged_member(archive: zipfile.ZipFile) -> str | None:
    """Name a member that fails its CRC; members are read side by side.

    Like ``ZipFile.testzip``, which reads them one after the other.
    """

    def is_whole(member: zipfile.ZipInfo) -> bool:
        try:
            with archive.open(member) as file:
                while file.read(_COPY_BYTES):
                    pass
        except zipfile.BadZipFile:
            return False
        return True

    members = archive.infolist()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(is_whole, members))
    return next(
        (m.filename for m, whole in zip(members, found, strict=True) if not whole), None
    )


def is_simulated(path: Path) -> bool:
    """Whether a zip says of itself that it is simulated."""
    with opened(path) as archive:
        return any(
            PurePosixPath(member).name.lower() == SIMULATED_MEMBER
            for member in archive.namelist()
        )


def origin_of(paths: Iterable[Path]) -> str:
    """Origin of the archives of a mirror folder: ``mirror`` or ``simulated``.

    Raises
    ------
    SourceError
        If an archive cannot be opened, or only some are simulated.
    """
    real: list[Path] = []
    simulated: list[Path] = []
    for path in paths:
        try:
            (simulated if is_simulated(path) else real).append(path)
        except SourceError:
            # Says more exactly what is wrong.
            verify_archive(path, str(path))
            raise
        except OSError as error:
            raise SourceError(f"{path} cannot be read: {error}") from error
    if real and simulated:
        raise SourceError(
            f"{simulated[0]} is simulated and {real[0]} is not; "
            "give a mirror that holds only one kind"
        )
    return "simulated" if simulated else "mirror"


@dataclass(frozen=True)
class _Landing:
    """What all archives of one landing share."""

    data_dir: Path
    session: requests.Session
    http: HttpOptions
    now: Callable[[], dt.datetime]
    recheck: bool
    progress: Progress

    def land_one(self, item: Listed, held: Archive | None) -> Archive:
        """Archive now held for the quarter: ``held`` itself if nothing changed."""
        if held is not None and not self._is_on_disk(held):
            held = None
        if held is not None and self._is_unchanged(item, held):
            return held
        folder = self.data_dir / "landing"
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f".{item.name}{_PART}"
        try:
            location, body = self._fetch(item, part)
            if held is not None and body.sha256 == held.sha256:
                return held
            origin = "simulated" if is_simulated(part) else item.publisher
            claim_origin(self.data_dir, origin)
            archive = Archive(
                item.quarter,
                item.name,
                location,
                body.sha256,
                body.n_bytes,
                self.now().astimezone(dt.UTC).isoformat(timespec="seconds"),
            )
            path = self.data_dir / archive.path
            path.parent.mkdir(exist_ok=True)
            replace_durably(part, path)
            return archive
        finally:
            part.unlink(missing_ok=True)

    def _is_on_disk(self, held: Archive) -> bool:
        path = self.data_dir / held.path
        return path.is_file() and path.stat().st_size == held.n_bytes

    def _is_unchanged(self, item: Listed, held: Archive) -> bool:
        if not is_url(item.location):
            return self._read(Path(item.location), None).sha256 == held.sha256
        if self.recheck:
            return False
        _, size = _either_case(
            item.location,
            lambda url: remote_size(self.session, url, http=self.http),
        )
        return size == held.n_bytes

    def _fetch(self, item: Listed, part: Path) -> tuple[str, Body]:
        """Bring the archive to ``part`` and prove it whole."""

        def fetched(url: str) -> Body:
            body = download(
                self.session, url, part, http=self.http, progress=self.progress
            )
            verify_archive(part, url)
            return body

        if is_url(item.location):
            return _either_case(item.location, fetched)
        body = self._read(Path(item.location), part)
        verify_archive(part, item.location)
        return item.location, body

    def _read(self, path: Path, part: Path | None) -> Body:
        """Hash a file, and copy it to ``part`` if one is named."""
        digest, n_bytes = hashlib.sha256(), 0
        self.progress.start(path.name, path.stat().st_size)
        try:
            with (
                path.open("rb") as file,
                part.open("wb") if part else nullcontext() as out,
            ):
                while chunk := file.read(_COPY_BYTES):
                    digest.update(chunk)
                    n_bytes += len(chunk)
                    if out is not None:
                        out.write(chunk)
                    self.progress.advance(len(chunk))
        finally:
            self.progress.finish()
        return Body(digest.hexdigest(), n_bytes)


def _sweep(data_dir: Path) -> None:
    """Remove what a landing that was killed left half done."""
    for part in (data_dir / "landing").glob(f".*{_PART}"):
        part.unlink()


def _within(listed: Sequence[Listed], span: QuarterSpan | None) -> tuple[Listed, ...]:
    wanted = [item for item in listed if span is None or item.quarter in span]
    if wanted:
        return tuple(sorted(wanted, key=lambda item: item.quarter))
    quarters = sorted(item.quarter for item in listed)
    offered = (
        f"listed are {len(quarters)} quarters from {quarters[0]} to {quarters[-1]}"
        if quarters
        else "the listing is empty"
    )
    raise SourceError(
        f"no archive is listed{f' in {span}' if span else ''}: {offered}; "
        "give other --quarters, or wait for the FDA to publish"
    )


def _refuse_mixture(data_dir: Path, wanted: Sequence[Listed]) -> None:
    """Refuse another origin before anything is fetched, as far as it can be known.

    What a server offers shows only in the archive whether it is simulated.
    """
    files = [Path(item.location) for item in wanted if not is_url(item.location)]
    offered = {item.publisher for item in wanted if is_url(item.location)}
    if files:
        offered.add(origin_of(files))
    held = read_origin(data_dir)
    if held is None or (held == "simulated" and not files):
        return
    for origin in sorted(offered):
        claim_origin(data_dir, origin)


def _either_case(url: str, ask: Callable[[str], _T]) -> tuple[str, _T]:
    """Address that served, and what it served: as listed, else with the other q."""
    other = other_case(url)
    try:
        return url, ask(url)
    except NotServed as error:
        first = error
    try:
        return other, ask(other)
    except SourceError:
        raise NotServed(
            f"{first}; {other.rsplit('/', 1)[-1]} failed too",
            transient=first.transient,
        ) from first
