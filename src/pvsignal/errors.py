"""What can go wrong, one class and one exit code for each kind of failure.

A message says what happened, where, and what to do. Facts are attributes.
"""

from __future__ import annotations

from collections.abc import Sequence


class PvsignalError(Exception):
    """Base of every failure that a user can act on."""

    exit_code = 1


class UsageError(PvsignalError):
    """A command was called with arguments that cannot be honoured."""

    exit_code = 2


class SourceError(PvsignalError):
    """An archive could not be fetched or is not what its name says.

    Parameters
    ----------
    message
        What happened, where, and what to do.
    transient
        True where the same request may succeed later (cut connection, status 5xx).
    """

    exit_code = 3

    def __init__(self, message: str, *, transient: bool = False) -> None:
        super().__init__(message)
        self.transient = transient


class LayoutError(PvsignalError):
    """A file is not laid out as the FDA documents it."""

    exit_code = 4


class CodelistError(PvsignalError):
    """A code list, an analysis file or an operator's counts are not valid."""

    exit_code = 5


class CheckFailed(PvsignalError):
    """A blocking check returned rows.

    Parameters
    ----------
    message
        Name of the check, what it means, what to do.
    rows
        The offending rows, each a mapping of column to value.
    """

    exit_code = 6

    def __init__(self, message: str, *, rows: Sequence[dict[str, object]] = ()) -> None:
        super().__init__(message)
        self.rows = tuple(rows)


class ModelError(PvsignalError):
    """An SQL model failed; carries its file and the statement."""

    exit_code = 7

    def __init__(self, message: str, *, file: str = "", sql: str = "") -> None:
        super().__init__(message)
        self.file = file
        self.sql = sql


class LockedError(PvsignalError):
    """Another run holds the data directory."""

    exit_code = 8
