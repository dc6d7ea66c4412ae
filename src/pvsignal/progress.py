"""How long work tells how far it is, whoever listens."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Listener of one piece of work after another, never two at a time."""

    def start(self, label: str, total: int | None) -> None:
        """Begin a piece of work of ``total`` units, None where it is unknown."""

    def advance(self, n: int) -> None:
        """Add ``n`` units done; negative where part of the work is done anew."""

    def finish(self) -> None:
        """End the piece of work, complete or not."""


class NoProgress:
    """Listener that stays silent."""

    def start(self, label: str, total: int | None) -> None:
        """Ignore the begin."""

    def advance(self, n: int) -> None:
        """Ignore the units."""

    def finish(self) -> None:
        """Ignore the end."""
