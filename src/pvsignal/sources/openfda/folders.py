"""Folders of what openFDA answered: whole or not at all, the newest few kept."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pvsignal.sources.manifest import synced

KEPT = 5


def folder_of(parent: Path, retrieved: dt.datetime, asked: Sequence[str]) -> Path:
    """Folder for the answers to questions asked at a time; names sort by that time."""
    text = json.dumps([retrieved.isoformat(), *asked])
    name = hashlib.sha256(text.encode()).hexdigest()[:12]
    return parent / f"{retrieved:%Y%m%dT%H%M%SZ}_{name}"


@contextmanager
def written_whole(final: Path) -> Iterator[Path]:
    """Folder to write into; it gets its name when the block ends without an error.

    Older folders beside it are removed but for the newest `KEPT`.
    """
    temporary = final.with_name(f".tmp-{final.name}")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        for path in (*temporary.iterdir(), temporary):
            synced(path)
        shutil.rmtree(final, ignore_errors=True)
        temporary.rename(final)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    synced(final.parent)
    older = set(final.parent.glob("[0-9]*_*")) - {final}
    for old in sorted(older)[: 1 - KEPT]:
        shutil.rmtree(old)
