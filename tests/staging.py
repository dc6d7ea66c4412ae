"""Members and archives staged by tests, from the bytes that the tests wrote."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq

from pvsignal import warehouse
from pvsignal.duplicates import LINK_SCHEMA, LOOSER_LINK_SCHEMA
from pvsignal.quarter import Quarter
from pvsignal.sources.members import StagedPart
from pvsignal.sources.stage import StagedQuarter, stage_archive
from tests.archives import member_bytes, stage_table


def staged_member(table: str, body: bytes, quarter: str) -> StagedPart:
    """What a member gives whose lines stand under the header of its quarter."""
    known = Quarter.parse(quarter)
    head = member_bytes(table, known, [])
    return stage_table(table, head + body, known, where=("archive.zip", "member.txt"))


def staged_archive(archive: Path, staged_dir: Path) -> StagedQuarter:
    """Stage an archive; its name tells the quarter."""
    return stage_archive(
        archive,
        Quarter.parse(archive.stem.rpartition("_")[2]),
        sha256=hashlib.sha256(archive.read_bytes()).hexdigest(),
        staged_dir=staged_dir,
    )


def rows_of(staged: StagedQuarter, table: str) -> list[dict]:
    """All rows of one staged file."""
    return pq.read_table(staged.path / f"{table}.parquet").to_pylist()


def movements(member: StagedPart) -> dict[str, int]:
    """Splits, joins, blank and rejected lines of a member, those that are not 0."""
    account = member.account
    counted = {
        "splits": account.splits,
        "joins": account.joins,
        "blank": account.blank_lines,
        "rejected": account.rejected,
    }
    return {name: n for name, n in counted.items() if n}


def is_balanced(member: StagedPart) -> bool:
    """Whether every physical line is staged or rejected."""
    account = member.account
    found = (member.rows.num_rows, len(member.rejected))
    return account.expected == sum(found) and found == (
        account.staged,
        account.rejected,
    )


def register_without_links(con: warehouse.Connection, folders: Sequence[Path]) -> None:
    """Staged quarters as the schema ``source``, with no suspected duplicates."""
    warehouse.register_staged(con, folders)
    warehouse.load_arrow(con, "source.link", LINK_SCHEMA.empty_table())
    empty = LOOSER_LINK_SCHEMA.empty_table()
    warehouse.load_arrow(con, "source.looser_link", empty)
