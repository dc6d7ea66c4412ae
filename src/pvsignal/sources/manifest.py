"""What a data directory holds as landed, and where it came from."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from pvsignal.errors import PvsignalError, SourceError, UsageError
from pvsignal.quarter import Quarter

ORIGINS = ("fda", "mirror", "simulated")


@dataclass(frozen=True)
class Archive:
    """One landed zip.

    Attributes
    ----------
    quarter
        Quarter that the name states.
    name
        File name as published; its case varies over the years.
    url
        Address it was fetched from, or path in a mirror folder as it was given.
    sha256
        Hash of the whole file, 64 hex digits.
    n_bytes
        Size in bytes.
    retrieved
        When it was landed, ISO 8601 UTC.
    """

    quarter: Quarter
    name: str
    url: str
    sha256: str
    n_bytes: int
    retrieved: str

    @property
    def path(self) -> Path:
        """Place relative to the data directory; a re-issue gets another folder."""
        return Path("landing") / self.sha256[:12] / self.name


def read_manifest(data_dir: Path) -> dict[Quarter, Archive]:
    """Read what is held: the current archive of each quarter, in quarter order.

    Raises
    ------
    SourceError
        If the manifest is there but cannot be read.
    """
    path = _manifest_path(data_dir)
    if not path.exists():
        return {}
    try:
        archives = [_archive(entry) for entry in json.loads(path.read_bytes())]
    except (ValueError, TypeError, KeyError, PvsignalError) as error:
        raise SourceError(
            f"{path} is no manifest of archives ({error!r}); remove it and land again"
        ) from error
    return {a.quarter: a for a in sorted(archives, key=lambda a: a.quarter)}


def write_manifest(data_dir: Path, archives: Mapping[Quarter, Archive]) -> None:
    """Replace the manifest atomically."""
    entries = [
        asdict(archives[quarter]) | {"quarter": str(quarter)}
        for quarter in sorted(archives)
    ]
    write_json(_manifest_path(data_dir), entries)


def read_origin(data_dir: Path) -> str | None:
    """Origin of the archives of a data directory, None before the first land.

    Returns
    -------
    str or None
        ``fda``, ``mirror`` or ``simulated``.

    Raises
    ------
    SourceError
        If the file is there but states none of them.
    """
    path = _origin_path(data_dir)
    if not path.exists():
        return None
    try:
        origin = json.loads(path.read_bytes())["origin"]
    except (ValueError, TypeError, KeyError):
        origin = None
    if origin not in ORIGINS:
        raise SourceError(
            f"{path} does not state the origin of the archives ({', '.join(ORIGINS)});"
            " use another --data-dir and land again"
        )
    return str(origin)


def claim_origin(data_dir: Path, origin: str) -> None:
    """Fix the origin at the first land; afterwards only check it.

    Raises
    ------
    UsageError
        If the data directory has another origin.
    """
    held = read_origin(data_dir)
    if held is None:
        write_json(_origin_path(data_dir), {"origin": origin})
    elif held != origin:
        raise UsageError(
            f"{data_dir} holds archives of origin '{held}' and these are of origin "
            f"'{origin}'; the two are never mixed: give another --data-dir, "
            "or a mirror that holds only one kind"
        )


def write_json(path: Path, value: object) -> None:
    """Write JSON, sorted and indented, so that a reader sees the old or the new file.

    Parent folders are made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("w", encoding="utf-8") as out:
        json.dump(value, out, sort_keys=True, indent=2, ensure_ascii=False)
        out.write("\n")
    replace_durably(temporary, path)


def replace_durably(temporary: Path, path: Path) -> None:
    """Give a finished file its name, in one step that survives a loss of power."""
    with temporary.open("rb") as finished:
        os.fsync(finished.fileno())
    temporary.replace(path)
    synced(path.parent)


def synced(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _archive(entry: Mapping[str, object]) -> Archive:
    fields = dict(entry) | {"quarter": Quarter.parse(str(entry["quarter"]))}
    return Archive(**fields)  # type: ignore[arg-type]


def _manifest_path(data_dir: Path) -> Path:
    return data_dir / "landing" / "manifest.json"


def _origin_path(data_dir: Path) -> Path:
    return data_dir / "origin.json"
