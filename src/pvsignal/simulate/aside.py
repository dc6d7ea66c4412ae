"""Lines of later quarters, kept on disk until their quarter is written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Lines:
    """Data lines of a table in one quarter.

    Attributes
    ----------
    text
        Lines with their closing ``$`` and line end, in Latin-1.
    n
        Number of lines.
    """

    text: bytes
    n: int


class Aside:
    """Lines that earlier cohorts have for later quarters.

    Parameters
    ----------
    folder
        Where they are kept; it must exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.n_lines: Counter[tuple[int, str]] = Counter()

    def put(self, position: int, table: str, lines: Lines) -> None:
        """Add lines to those of a quarter, by its position in the span."""
        if lines.n:
            with self._file(position, table).open("ab") as file:
                file.write(lines.text)
            self.n_lines[position, table] += lines.n

    def take(self, position: int, table: str) -> Lines:
        """Lines of a quarter in the order in which they came; they are kept no more."""
        n = self.n_lines.pop((position, table), 0)
        if n == 0:
            return Lines(b"", 0)
        file = self._file(position, table)
        text = file.read_bytes()
        file.unlink()
        return Lines(text, n)

    def _file(self, position: int, table: str) -> Path:
        return self.folder / f"{position}_{table}"
