"""The append-only record of an analysis: JSON lines, each holding the hash before it.

It is the only state that is no function of the inputs. No record holds a clock time. A
head file beside it names the last record, so that records cut off at the end are missed
as well as records changed, moved, put in or taken out.

References
----------
docs/signals.md, "Ledger and reviews".
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from pvsignal.errors import CheckFailed
from pvsignal.sources.manifest import replace_durably

GENESIS = "0" * 64

KINDS: Final = ("run", "state", "review")
"""What a record can tell: a run, a pair in a new state, a decision of a person."""


@dataclass(frozen=True)
class Record:
    """One line of the ledger.

    Attributes
    ----------
    seq
        Place, from 1.
    kind
        One of `KINDS`.
    run, as_of
        Run that wrote the record, or on which a decision rests, and the quarter up to
        which it counted; of a state its own, which may be before that of the run.
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
    """A record that has no place in the ledger yet.

    Raises
    ------
    ValueError
        If the kind is none of `KINDS`.
    """

    kind: str
    run: str
    as_of: str
    body: Mapping[str, Any]

    def __post_init__(self) -> None:
        """Refuse an unknown kind."""
        if self.kind not in KINDS:
            raise ValueError(f"a record is one of {', '.join(KINDS)}, not {self.kind}")


_TYPES: Final = {field.name: str for field in fields(Record)} | {
    "seq": int,
    "body": dict,
}


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, sort_keys=True, allow_nan=False)


def _digest(content: Mapping[str, Any]) -> str:
    """Hash of all fields of a record but its own hash."""
    own = {name: value for name, value in content.items() if name != "hash"}
    return hashlib.sha256(_json(own).encode()).hexdigest()


def _line(record: Record) -> bytes:
    return _json(vars(record)).encode() + b"\n"


def chain(records: tuple[Record, ...], drafts: Iterable[Draft]) -> tuple[Record, ...]:
    """Return the records with the drafts appended.

    Raises
    ------
    ValueError
        If a body holds what JSON has no word for, NaN among others.
    """
    result = list(records)
    for draft in drafts:
        content = {
            "seq": len(result) + 1,
            **vars(draft),
            "previous_hash": head(result),
        }
        result.append(Record(**content, hash=_digest(content)))
    return tuple(result)


def head(records: Sequence[Record]) -> str:
    """Hash of the last record, of nothing for an empty ledger."""
    return records[-1].hash if records else GENESIS


def head_path(path: Path) -> Path:
    """File that names the last record of a ledger."""
    return path.with_suffix(".head.json")


def named(record: Record | Mapping[str, Any]) -> str:
    """Words for a record: its place, kind, and pair where it speaks of one."""
    content = record if isinstance(record, Mapping) else vars(record)
    body = content.get("body")
    pair = body if isinstance(body, Mapping) else {}
    about = [str(content.get("kind"))]
    if "drug" in pair and "event" in pair:
        about.append(f"{pair['drug']} and {pair['event']}")
    return f"record {content.get('seq')} ({', '.join(about)})"


def read_ledger(path: Path) -> tuple[Record, ...]:
    """Records of a ledger file, none if neither it nor its head exists.

    A crash while records are written leaves a ledger that is whole: it holds them all
    or none of them.

    Raises
    ------
    CheckFailed
        If a byte of the ledger or its head was changed, or a record was moved, put in
        or taken out; names the record.
    """
    content = path.read_bytes() if path.exists() else b""
    *lines, rest = content.split(b"\n")
    if rest:
        raise _broken(path, f"line {len(lines) + 1} is cut off or has no end")
    records: list[Record] = []
    for place, line in enumerate(lines, start=1):
        records.append(_read_line(path, line, place=place, before=head(records)))
    _require_head(path, records)
    return tuple(records)


def _read_line(path: Path, line: bytes, *, place: int, before: str) -> Record:
    try:
        content = json.loads(line)
        if not isinstance(content, dict):
            raise TypeError("it is no mapping")
    except (ValueError, TypeError, RecursionError) as error:
        raise _broken(path, f"line {place} is no record ({error})") from error
    wrong = _wrong_with(content, line, place=place, before=before)
    if wrong:
        raise _broken(path, f"line {place}, {named(content)}: {wrong}")
    return Record(**content)


def _wrong_with(
    content: Mapping[str, Any], line: bytes, *, place: int, before: str
) -> str | None:
    """Say why a line cannot be the record that belongs there."""
    if {name: type(value) for name, value in content.items()} != _TYPES:
        return "fields are missing, put in or of another type"
    # The one way to write a record: whatever else stands in the line shows here, such
    # as spaces, a mark of byte order, a second key of the same name.
    try:
        is_as_written = _json(content).encode() == line
    except ValueError:
        is_as_written = False
    if not is_as_written:
        return "it is not written as pvsignal writes"
    if content["hash"] != _digest(content):
        return "it was changed, its hash does not fit"
    if content["seq"] != place or content["previous_hash"] != before:
        return (
            "the hash chain is broken here, it does not follow the record before it; "
            "one was changed, moved, put in or taken out"
        )
    if content["kind"] not in KINDS:
        return f"no such kind, known are {', '.join(KINDS)}"
    return None


def _require_head(path: Path, records: Sequence[Record]) -> None:
    """Refuse records that do not end where the head file says."""
    file = head_path(path)
    if not file.exists():
        if records:
            raise _broken(
                path,
                f"its head file {file.name} is gone, so that records cut off at the "
                f"end, after {named(records[-1])}, would not be missed",
            )
        return
    ends = _read_head(path, file)
    if any(_end(records) == end for end in ends):
        return
    n_stated = ends[0][0]
    if len(records) < n_stated:
        last = f" to {n_stated}" if n_stated > len(records) + 1 else ""
        raise _broken(
            path,
            f"record {len(records) + 1}{last} at the end is gone, {file.name} names "
            f"{n_stated} records",
        )
    if len(records) == n_stated:
        raise _broken(path, f"{_last(records)} is not the one that {file.name} names")
    raise _broken(
        path,
        f"{named(records[n_stated])} was put in at the end, {file.name} names "
        f"{n_stated} records",
    )


def _last(records: Sequence[Record]) -> str:
    return named(records[-1]) if records else "the beginning"


End = tuple[int, str]
"""Number of records and hash of the last."""


def _end(records: Sequence[Record]) -> End:
    return len(records), head(records)


def _read_head(path: Path, file: Path) -> tuple[End, ...]:
    """Ends that a ledger may have: the one stated, and the one being written."""
    written = file.read_bytes()
    try:
        stated = json.loads(written)
        ends = tuple((int(end["seq"]), str(end["hash"])) for end in stated)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _broken(path, f"its head file {file.name} cannot be read") from error
    if not ends or written != _head_bytes(ends):
        raise _broken(path, f"its head file {file.name} was changed")
    return ends


def _head_bytes(ends: Sequence[End]) -> bytes:
    stated = [{"seq": seq, "hash": last} for seq, last in ends]
    return (json.dumps(stated, sort_keys=True) + "\n").encode()


def _broken(path: Path, what: str) -> CheckFailed:
    return CheckFailed(
        f"ledger {path}: {what}; restore the ledger and its head file from a copy"
    )


def require_start(
    path: Path, held: Sequence[Record], *, known: Sequence[Record], source: str
) -> None:
    """Refuse a ledger that does not begin with records known from elsewhere.

    A chain that was computed anew from a changed record on fits in itself; it does not
    fit what was published.

    Raises
    ------
    CheckFailed
        Names the first record that differs or is gone.
    """
    for place, record in enumerate(known):
        if place >= len(held):
            raise _broken(path, f"{named(record)} is gone, {source} holds it")
        if held[place] != record:
            raise _broken(path, f"{named(held[place])} is not the one of {source}")


def append(path: Path, records: tuple[Record, ...]) -> None:
    """Bring a ledger file up to the given records; those it holds must be a start.

    Whoever calls this holds the data directory (`pvsignal.pipeline.hold`).

    Raises
    ------
    CheckFailed
        If the file holds other records than the given ones, or was changed.
    """
    held = read_ledger(path)
    if held != records[: len(held)]:
        raise CheckFailed(
            f"ledger {path} moved on while this run was made; run again to build on it"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    # The head first says where the ledger is going, then that it is there: after a
    # crash between any two of the writes the ledger ends at one of the two.
    _write_head(path, [_end(held), _end(records)])
    if len(held) < len(records):
        # A whole new file and a rename: a crash leaves the old one, never half a line.
        _replace(path, b"".join(map(_line, records)))
    _write_head(path, [_end(records)])


def _write_head(path: Path, ends: Sequence[End]) -> None:
    file, content = head_path(path), _head_bytes(list(dict.fromkeys(ends)))
    if not file.exists() or file.read_bytes() != content:
        _replace(file, content)


def _replace(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.tmp")
    draft.write_bytes(content)
    replace_durably(draft, path)
