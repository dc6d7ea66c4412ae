"""The append-only record of an analysis: JSON lines, each holding the hash before it.

It is the only state that is no function of the inputs. No record holds a clock time.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pvsignal.errors import CheckFailed

GENESIS = "0" * 64


@dataclass(frozen=True)
class Record:
    """One line of the ledger.

    Attributes
    ----------
    seq
        Place, from 1.
    kind
        ``run`` or ``crossing``.
    run, as_of
        Run that wrote the record and the quarter up to which it counted.
    body
        What is recorded.
    previous_hash, hash
        SHA-256 of the record before and of this one.
    """

    seq: int
    kind: str
    run: str
    as_of: str
    body: Mapping[str, Any]
    previous_hash: str
    hash: str


@dataclass(frozen=True)
class Draft:
    """A record that has no place in the ledger yet."""

    kind: str
    run: str
    as_of: str
    body: Mapping[str, Any]


def _digest(seq: int, draft: Draft, previous_hash: str) -> str:
    content = {
        "seq": seq,
        "kind": draft.kind,
        "run": draft.run,
        "as_of": draft.as_of,
        "body": draft.body,
        "previous_hash": previous_hash,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def chain(records: tuple[Record, ...], drafts: Iterable[Draft]) -> tuple[Record, ...]:
    """Return the records with the drafts appended."""
    result = list(records)
    for draft in drafts:
        seq = len(result) + 1
        before = result[-1].hash if result else GENESIS
        result.append(
            Record(
                seq,
                draft.kind,
                draft.run,
                draft.as_of,
                draft.body,
                before,
                _digest(seq, draft, before),
            )
        )
    return tuple(result)


def read_ledger(path: Path) -> tuple[Record, ...]:
    """Records of a ledger file, none if it does not exist.

    Raises
    ------
    CheckFailed
        If a line was changed, removed or put in: a hash does not fit.
    """
    if not path.exists():
        return ()
    lines = path.read_text("utf-8").splitlines()
    try:
        records = tuple(Record(**json.loads(line)) for line in lines)
    except (json.JSONDecodeError, TypeError) as error:
        raise CheckFailed(
            f"ledger {path} holds a line that is no record ({error}); restore the file"
        ) from error
    before = GENESIS
    for place, record in enumerate(records, start=1):
        draft = Draft(record.kind, record.run, record.as_of, record.body)
        if (
            record.seq != place
            or record.previous_hash != before
            or record.hash != _digest(place, draft, before)
        ):
            raise CheckFailed(
                f"ledger {path}, line {place}: the hash chain is broken, a record was "
                "changed; restore the file from a copy"
            )
        before = record.hash
    return records


def head(records: tuple[Record, ...]) -> str:
    """Hash of the last record, of nothing for an empty ledger."""
    return records[-1].hash if records else GENESIS


def append(path: Path, records: tuple[Record, ...]) -> None:
    """Bring a ledger file up to the given records; those it holds must be a start.

    Raises
    ------
    CheckFailed
        If the file holds other records than the given ones.
    """
    held = read_ledger(path)
    if held != records[: len(held)]:
        raise CheckFailed(
            f"ledger {path} moved on while this run was made; run again to build on it"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    # A whole new file and a rename: a crash leaves the old one, never half a line.
    draft = path.with_suffix(".tmp")
    with draft.open("w", encoding="utf-8") as file:
        for record in records:
            file.write(json.dumps(record.__dict__, sort_keys=True) + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
