"""Members of an archive: which are tables, which are deletion lists.

The FDA's names vary over the years in case, folder and suffix; one rule fits all
quarters since 2004.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath, PureWindowsPath

from pvsignal.errors import LayoutError, SourceError
from pvsignal.layout import TABLES
from pvsignal.quarter import Quarter

# 2018q1 names its demographics DEMO18Q1_new.txt.
_TABLE_NAME = re.compile(
    rf"^({'|'.join(TABLES)})(\d{{2}})q([1-4])(_[a-z0-9]+)?\.txt$", re.IGNORECASE
)

# The FDA's archives have some 20 members, the largest of 0.2 GB, deflated to a fifth.
# Far more of anything is no archive of the FDA's but one made to fill memory or disk.
MEMBERS_MAX = 1_000
MEMBER_BYTES_MAX = 2 * 1024**3
DEFLATED_MAX = 100
_ANY_RATIO_BYTES = 1024**2
_ENCRYPTED = 0x1
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True)
class Members:
    """Members of an archive that hold data.

    Attributes
    ----------
    tables
        Table to member path, all seven.
    deleted
        Paths of the deletion lists, sorted; 2019q1 has two, quarters before none.
    """

    tables: Mapping[str, str]
    deleted: tuple[str, ...]


def find_members(names: Sequence[str], quarter: Quarter, *, archive: str) -> Members:
    """Find the seven tables and the deletion lists among the paths of an archive.

    A table is known by its base name in any case; of several paths the shallowest
    holds. A deletion list is any other ``.txt`` with ``delet`` somewhere in its path.

    Parameters
    ----------
    names
        Paths of all members.
    quarter
        Quarter that the archive's name states.
    archive
        Name of the archive, for the message.

    Raises
    ------
    LayoutError
        If a table is missing, stands twice, or its name states another quarter.
    """
    own = [name for name in names if "__MACOSX" not in name]
    tables = {
        table: _find_table(table, own, quarter, archive=archive) for table in TABLES
    }
    deleted = sorted(name for name in own if _is_deletion_list(name))
    for first, second in pairwise(deleted):
        if first == second:
            raise LayoutError(
                f"{archive}: the member {first} stands twice; fetch the archive again"
            )
    return Members(tables, tuple(deleted))


def _is_deletion_list(name: str) -> bool:
    lower = name.lower()
    is_table = _TABLE_NAME.match(PurePosixPath(name).name)
    return "delet" in lower and lower.endswith(".txt") and not is_table


def _find_table(
    table: str, names: Sequence[str], quarter: Quarter, *, archive: str
) -> str:
    """Find the path of one table."""
    named = [
        (name, found)
        for name in names
        if (found := _TABLE_NAME.match(PurePosixPath(name).name))
        and found[1].lower() == table
    ]
    expected = f"{table.upper()}{quarter.year % 100:02}Q{quarter.number}.txt"
    if not named:
        raise LayoutError(
            f"{archive}: no member is named {expected} in any case; "
            "check that it is the FDA's ASCII archive and fetch it again"
        )
    depth = min(name.count("/") for name, _ in named)
    shallowest = [(name, found) for name, found in named if name.count("/") == depth]
    if len(shallowest) > 1:
        both = " and ".join(sorted(name for name, _ in shallowest))
        raise LayoutError(
            f"{archive}: {both} both hold {table.upper()}; remove the one that "
            "does not belong to it"
        )
    name, found = shallowest[0]
    if (int(found[2]), int(found[3])) != (quarter.year % 100, quarter.number):
        raise LayoutError(
            f"{archive}: the member {name} is of another quarter than {quarter}; "
            "check the name of the archive or fetch it again"
        )
    return name


def require_harmless(file: zipfile.ZipFile, *, archive: str) -> None:
    """Refuse an archive whose directory is made to do harm, before anything is read.

    Nothing is ever written under a member's name; a path that leaves the archive is
    refused because no archive of the FDA's has one. A member cannot yield more bytes
    than its directory entry states: reading stops there and its CRC fails.

    Raises
    ------
    SourceError
        If a member's path is absolute or climbs, it is encrypted or packed otherwise
        than by deflate, states more than 2 GiB, or more than 1 MiB that is a hundred
        times its deflated size; if the members together are deflated to more than the
        file; if there are over 1,000.
    """
    members = file.infolist()
    reason = next(filter(None, map(_harm, members)), None)
    if len(members) > MEMBERS_MAX:
        reason = f"it has {len(members):,} members where {MEMBERS_MAX:,} are the most"
    n_bytes = file.fp.seek(0, 2) if file.fp else 0
    if sum(member.compress_size for member in members) > n_bytes:
        reason = f"its members share bytes: they state more than its {n_bytes:,}"
    if reason:
        raise SourceError(
            f"{archive} is refused: {reason}; check where it comes from and fetch it "
            "from the FDA"
        )


def _harm(member: zipfile.ZipInfo) -> str | None:
    """Say what is wrong with a directory entry."""
    name, size = member.orig_filename, member.file_size
    path = PureWindowsPath(name)
    if path.drive or path.root or ".." in path.parts or "\0" in name:
        return f"the path of its member {name!r} leaves the archive"
    if member.flag_bits & _ENCRYPTED:
        return f"its member {name!r} is encrypted"
    if member.compress_type not in _PACKED:
        return f"its member {name!r} is packed otherwise than by deflate"
    if size > MEMBER_BYTES_MAX:
        return f"its member {name!r} states {size:,} bytes"
    if size > max(_ANY_RATIO_BYTES, DEFLATED_MAX * member.compress_size):
        return (
            f"its member {name!r} states {size:,} bytes in {member.compress_size:,} "
            "deflated ones"
        )
    return None


# What reading a damaged archive raises; a name flagged as UTF-8 may be none.
DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    UnicodeDecodeError,
)


@contextmanager
def opened(archive: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive; what a damaged file raises becomes a SourceError.

    Raises
    ------
    SourceError
        If the file is no zip, is refused by `require_harmless`, or a member that is
        read is damaged.
    """
    try:
        with zipfile.ZipFile(archive) as file:
            require_harmless(file, archive=archive.name)
            yield file
    except DAMAGE as error:
        raise SourceError(
            f"{archive.name} is damaged ({error}); land it again"
        ) from error
