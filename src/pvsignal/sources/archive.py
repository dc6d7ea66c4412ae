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
from pathlib import Path, PurePosixPath

from pvsignal.errors import LayoutError, SourceError
from pvsignal.layout import TABLES
from pvsignal.quarter import Quarter

# 2018q1 names its demographics DEMO18Q1_new.txt.
_TABLE_NAME = re.compile(
    rf"^({'|'.join(TABLES)})(\d{{2}})q([1-4])(_[a-z0-9]+)?\.txt$", re.IGNORECASE
)


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


@contextmanager
def opened(archive: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive; what a damaged file raises becomes a SourceError.

    Raises
    ------
    SourceError
        If the file is no zip or a member that is read is damaged.
    """
    try:
        with zipfile.ZipFile(archive) as file:
            yield file
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise SourceError(
            f"{archive.name} is damaged ({error}); land it again"
        ) from error
